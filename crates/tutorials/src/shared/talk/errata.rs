//! The errata that the three chats share, and what triggers them.

use model::blob::Blob;
use model::observation::{Direction, Observation, Role};
use model::{Check, Demo, Ending, Erratum, Expected, Input, Wire, count};

use crate::shared::talk::{MESSAGE_MAX_BYTES, SERVER_PROMPT, is_blank, is_space};

/// All checks of a conversation. Once the two programs disagree whose turn it is, everything after
/// that is wrong.
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

/// The erratum of a client that goes on when its server has gone. `shown` looks for the empty answer
/// in its output.
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
        trigger: "a server that closes the connection instead of answering, at the end of its \
                  input or after a line that it can't send",
        happens: "recv returns b'', which the client prints as an answer; it asks its user for the \
                  next message and all later ones, and sends them to a closed connection",
        right: "takes an empty recv as the end of the stream, and ends with an error",
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

/// The erratum of a client that sends a line that its server takes for two messages.
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
        happens: "the client sends it whole, and the server's recv(1024) takes it for two \
                  messages: the client takes the second answer for the answer to its next message, \
                  and so on; a cut inside a character ends the conversation",
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

/// The erratum of a server that sends a line that its client takes for two answers.
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
        happens: "the server sends it whole, and the client's recv(1024) takes the rest for the \
                  answer to its next message; a cut inside a character ends the client",
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

/// Whether a typed line is longer than the longest message.
fn is_long(line: &Blob) -> bool {
    let text = std::str::from_utf8(&line.0).unwrap_or_default();
    text.trim_matches(is_space).len() > MESSAGE_MAX_BYTES
}

/// Whether nothing of a typed line is left to send.
pub(crate) fn is_empty_message(line: &Blob) -> bool {
    std::str::from_utf8(&line.0).is_ok_and(is_blank)
}

/// Every line that the client's user types.
pub(crate) fn typed_at_clients(input: &Input) -> impl Iterator<Item = &Blob> {
    let typed = input.lines.iter().chain(input.later.iter().flatten());
    typed.filter(|_| !input.raw)
}

/// The lines that the server reads from its user.
pub(crate) fn typed_at_server<'i>(
    input: &'i Input,
    right: &Expected,
) -> impl Iterator<Item = &'i Blob> + use<'i> {
    input.server_lines.iter().take(count(&right.server.stdout.0, SERVER_PROMPT.as_bytes()))
}

/// Whether a client's message gets no answer although the client's own lines are right.
fn is_left_unanswered(input: &Input, right: &Expected) -> bool {
    let can_be_sent = |line: &Blob| std::str::from_utf8(&line.0).is_ok() && !is_long(line);
    !input.raw && right.client.ending == Ending::Broken && typed_at_clients(input).all(can_be_sent)
}

/// Whether more bytes than right went in this direction, at least all of a message that was too
/// long.
pub(crate) fn sent_too_long(right: &Expected, seen: &Observation, direction: Direction) -> bool {
    let Wire::Stream(bytes) = right.wire(direction) else { return false };
    seen.wire.byte_count(direction) > bytes.0.len() + MESSAGE_MAX_BYTES
}
