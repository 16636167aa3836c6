//! The defects that the three chats share, and when they are brought out.

use model::blob::Blob;
use model::observation::{Direction, Observation, Role};
use model::{Check, Demo, Ending, Erratum, Expected, Input, Wire, count};

use crate::shared::talk::{MESSAGE_MAX_BYTES, SERVER_PROMPT, is_blank, is_space};

/// All that a talk is judged by: once two programs disagree whose turn it is, nothing that follows
/// is as it should be.
pub(crate) const WHOLE_TALK: &[Check] = &[
    Check::ToServer,
    Check::ToClient,
    Check::ClientStdout,
    Check::ClientExit,
    Check::ServerStdout,
    Check::ServerExit,
    Check::ServerCloses,
    Check::ServerEnds,
];

/// A client that goes on when its server has gone. `shown` looks for the empty answer on its screen.
pub(crate) const fn takes_the_end_for_an_answer(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
    shown: fn(&Expected, &Observation) -> bool,
) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Client,
        trigger: "a server that closes the connection instead of answering: nothing more is typed \
                  at it, or what can't be sent",
        happens: "recv returns b'', which is printed as an answer; the user is asked for the next \
                  message, and for all that follow, and they are sent to nobody",
        right: "takes an empty recv for the end, and ends with an error",
        clause,
        triggered: Some(is_left_unanswered),
        waives: &[Check::ToServer, Check::ClientStdout, Check::ClientExit],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown,
    }
}

/// A client that sends what its server takes for two messages.
pub(crate) const fn long_message(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Client,
        trigger: "a line of more than 1024 bytes typed at the client",
        happens: "it is sent whole, and the server's recv(1024) takes it for two messages: the \
                  answer to the second is taken for that to the next, and so on; cut in a \
                  character, it ends the talk",
        right: "sends nothing and ends with an error",
        clause,
        triggered: Some(|input, _| typed_at_clients(input).any(is_long)),
        waives: WHOLE_TALK,
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |right, seen| sent_too_long(right, seen, Direction::ToServer),
    }
}

/// A server that sends what its client takes for two answers.
pub(crate) const fn long_answer(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Server,
        trigger: "a line of more than 1024 bytes typed at the server",
        happens: "it is sent whole, and the client's recv(1024) takes the rest for the answer to \
                  its next message; cut in a character, it is the end of the client",
        right: "sends nothing and closes the connection",
        clause,
        triggered: Some(|input, right| typed_at_server(input, right).any(is_long)),
        waives: WHOLE_TALK,
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |right, seen| sent_too_long(right, seen, Direction::ToClient),
    }
}

/// A typed line that is longer than a message can be.
fn is_long(line: &Blob) -> bool {
    let text = std::str::from_utf8(&line.0).unwrap_or_default();
    text.trim_matches(is_space).len() > MESSAGE_MAX_BYTES
}

/// A typed line of which nothing is left to be sent.
pub(crate) fn is_empty_message(line: &Blob) -> bool {
    std::str::from_utf8(&line.0).is_ok_and(is_blank)
}

/// Every line that is typed at a client.
pub(crate) fn typed_at_clients(input: &Input) -> impl Iterator<Item = &Blob> {
    let typed = input.lines.iter().chain(input.later.iter().flatten());
    typed.filter(|_| !input.raw)
}

/// The lines that the server's user gets to type.
pub(crate) fn typed_at_server<'i>(
    input: &'i Input,
    right: &Expected,
) -> impl Iterator<Item = &'i Blob> + use<'i> {
    input.server_lines.iter().take(count(&right.server.stdout.0, SERVER_PROMPT.as_bytes()))
}

/// A client's message gets no answer, and there is nothing wrong with what was typed at it.
fn is_left_unanswered(input: &Input, right: &Expected) -> bool {
    let can_be_sent = |line: &Blob| std::str::from_utf8(&line.0).is_ok() && !is_long(line);
    !input.raw && right.client.ending == Ending::Broken && typed_at_clients(input).all(can_be_sent)
}

/// More went this way than is right, and at least all of a message that was too long.
pub(crate) fn sent_too_long(right: &Expected, seen: &Observation, direction: Direction) -> bool {
    let Wire::Stream(bytes) = right.wire(direction) else { return false };
    seen.wire.byte_count(direction) > bytes.0.len() + MESSAGE_MAX_BYTES
}
