//! The errata of the tutorial's chat.

use model::observation::{Direction, Role, Stop};
use model::{Check, Demo, Ending, Erratum, Input, Sign, Step, contains, count};

use crate::scenarios::chat::prompt::CLIENT_PROMPT;
use crate::shared::talk::SERVER_PROMPT;
use crate::shared::talk::errata::{
    WHOLE_TALK, is_empty_message, long_answer, long_message, sent_too_long,
    takes_the_end_for_an_answer, typed_at_clients, typed_at_server,
};

/// The server's prompt, the line of an empty message, and the prompt for an answer to it.
const EMPTY_MESSAGE: &str = "请回复消息>>>:\n请回复消息>>>:";
/// The prompt of the message, then the line of an empty answer.
const EMPTY_ANSWER: &str = "请输入你需要发送的消息>>>:\n";

pub(crate) const ERRATA: &[Erratum] = &[
    Erratum {
        id: "chat-takes-the-end-for-a-message",
        scenario: "chat",
        role: Role::Server,
        trigger: "a client that ends its stream while the server's user has more lines to type",
        happens: "recv returns b'' at the end of the stream; the server prints it as an empty \
                  line, asks its user for a reply and sends that to a closed connection, again and \
                  again until the end of its input",
        right: "takes an empty recv as the end of the stream, and ends",
        clause: "CH-4",
        triggered: Some(|input, right| {
            let prompts = count(&right.server.stdout.0, SERVER_PROMPT.as_bytes());
            let client_leaves =
                right.server.ending == Ending::Complete && prompts <= input.server_lines.len();
            client_leaves && (input.raw || prompts < input.server_lines.len())
        }),
        waives: &[Check::ServerStdout, Check::ToClient],
        tidy: None,
        sign: None,
        // The reference stays when it sends a line that it should not send, or waits for an answer to
        // an empty send.
        spins: false,
        // The client holds its connection, because the end of the client would end the case.
        demo: Demo::Script {
            input: || Input::raw(["hi"]).answered_by(["hello", "to nobody"]),
            steps: || {
                let message = Step::Send(b"hi".to_vec());
                vec![Step::Connect, message, Step::Read(5), Step::Finish, Step::Hold]
            },
            network: "asis",
        },
        shown: |right, seen| {
            let screen = &seen.server.stdout.0;
            let begin = EMPTY_MESSAGE.trim_start_matches(SERVER_PROMPT);
            contains(screen, EMPTY_MESSAGE.as_bytes())
                || screen.starts_with(begin.as_bytes())
                || sent_too_long(right, seen, Direction::ToServer)
                || seen.stopped == Some(Stop::Quiet) && seen.at_rest.is_none()
        },
    },
    Erratum {
        id: "chat-takes-the-end-of-any-client-for-a-message",
        scenario: "chat",
        role: Role::Server,
        trigger: "the same as for chat-takes-the-end-for-a-message, but at the end of the server's \
                  input; it comes after the exchange that the harness judges",
        happens: "as there, once",
        right: "as there",
        clause: "CH-4",
        triggered: None,
        waives: &[],
        tidy: Some(cut_empty_message),
        sign: None,
        spins: false,
        demo: Demo::Script {
            input: || Input::raw(["hi"]).answered_by(["hello"]),
            steps: || {
                let message = Step::Send(b"hi".to_vec());
                vec![Step::Connect, message, Step::Read(5), Step::Finish, Step::Hold]
            },
            network: "asis",
        },
        shown: |_, seen| contains(&seen.server.stdout.0, EMPTY_MESSAGE.as_bytes()),
    },
    Erratum {
        id: "chat-empty-message",
        scenario: "chat",
        role: Role::Client,
        trigger: "an empty line typed at the client, or a line of only whitespace",
        happens: "send(b'') sends nothing, and recv waits for an answer: both sides wait for ever",
        right: "sends nothing, waits for no answer and asks again",
        clause: "CH-1",
        triggered: Some(|input, _| typed_at_clients(input).any(is_empty_message)),
        waives: WHOLE_TALK,
        tidy: None,
        sign: Some(Sign::QuietAfter(CLIENT_PROMPT)),
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| seen.stopped == Some(Stop::Quiet),
    },
    Erratum {
        id: "chat-empty-answer",
        scenario: "chat",
        role: Role::Server,
        trigger: "an empty line typed at the server, or a line of only whitespace",
        happens: "send(b'') sends nothing, and recv waits for the next message: both sides wait \
                  for ever",
        right: "asks again",
        clause: "CH-2",
        triggered: Some(|input, right| typed_at_server(input, right).any(is_empty_message)),
        waives: WHOLE_TALK,
        tidy: None,
        sign: Some(Sign::QuietAfter(SERVER_PROMPT)),
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| seen.stopped == Some(Stop::Quiet),
    },
    takes_the_end_for_an_answer(
        "chat-takes-the-end-for-an-answer",
        "chat",
        "CH-5",
        // The reference does answer when it sends a line that it should not send.
        |right, seen| {
            contains(&seen.client.stdout.0, EMPTY_ANSWER.as_bytes())
                || sent_too_long(right, seen, Direction::ToClient)
        },
    ),
    long_message("chat-long-message", "chat", "CH-1"),
    long_answer("chat-long-answer", "chat", "CH-2"),
];

/// Removes the empty line and the prompt that the server prints at the end of its client's stream. At
/// this prompt the server dies when its input has ended.
fn cut_empty_message(stdout: &mut Vec<u8>) {
    let end = EMPTY_MESSAGE.trim_start_matches(SERVER_PROMPT).as_bytes();
    if let Some(before) = stdout.strip_suffix(end)
        && (before.is_empty() || before.ends_with(SERVER_PROMPT.as_bytes()))
    {
        let len = before.len();
        stdout.truncate(len);
    }
}
