//! The errata of the tutorials' programs that exchange one message and one answer. All of them
//! share these errata; one program has more.

use model::observation::{Observation, Role, Stop};
use model::{Check, Demo, Erratum, Expected, Input, Sign, Wire, contains};

use crate::literals::TutorialLiterals;
use crate::shared::seen::reset_by_server;

/// The vector with the tutorial's own messages.
pub(crate) const AS_IT_IS: &str = "as-the-tutorial-has-it";

/// The server closes with unread input. The kernel decides which bytes still arrive.
pub(crate) const fn resets(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Server,
        trigger: "a client that sends more than 1024 bytes",
        happens: "the server calls recv(1024) once and closes with the rest unread, which resets \
                  the connection, and the reset may overtake the answer",
        right: "closes in a way that its answer arrives, even with data left unread",
        clause,
        triggered: Some(|_, right| bytes_to_server(right) > 1024),
        waives: &[Check::ToClient, Check::ClientStdout, Check::ClientExit],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| reset_by_server(seen),
    }
}

pub(crate) const fn waits_for_ever(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Client,
        trigger: "a message of no bytes",
        happens: "send(b'') sends nothing, and recv waits for an answer: both sides wait for ever",
        right: "half-closes the connection, which the server answers",
        clause,
        triggered: Some(|input, _| !input.raw && says_nothing(input)),
        waives: &[
            Check::ToClient,
            Check::ClientStdout,
            Check::ClientExit,
            Check::ServerStdout,
            Check::ServerCloses,
        ],
        tidy: None,
        sign: Some(Sign::QuietOnceOpen),
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| seen.stopped == Some(Stop::Quiet),
    }
}

pub(crate) const fn takes_the_end(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Client,
        trigger: "a server that closes without an answer",
        happens: "recv returns b'' for the end of the stream; the client shows it as the answer, \
                  and ends with status 0, unless the server resets the connection",
        right: "ends with an error",
        clause,
        triggered: Some(|input, right| !input.raw && is_unanswered(right)),
        waives: &[Check::ClientStdout, Check::ClientExit],
        tidy: None,
        sign: None,
        spins: false,
        demo: Demo::Triggered,
        shown: |_, seen| shows_no_bytes(seen) || reset_by_server(seen),
    }
}

fn says_nothing(input: &Input) -> bool {
    input.message(0).is_some_and(str::is_empty)
}

fn is_unanswered(right: &Expected) -> bool {
    matches!(&right.to_client, Wire::Stream(bytes) if bytes.0.is_empty())
}

fn bytes_to_server(right: &Expected) -> usize {
    match &right.to_server {
        Wire::Stream(bytes) => bytes.0.len(),
        Wire::Datagrams(_) => 0,
    }
}

fn shows_no_bytes(seen: &Observation) -> bool {
    let shown = &seen.client.stdout.0;
    shown == b"b''\n" || contains(shown, "消息:\n".as_bytes())
}
