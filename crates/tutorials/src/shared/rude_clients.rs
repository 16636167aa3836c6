//! How servers react to clients that send nothing, read nothing or reset the connection. Most of
//! the reference's servers react alike: they wait for one client at a time and catch no exception.

use model::observation::{Direction, Observation, WireEvent, WireItem};
use model::{Demo, Erratum, Input, Step, contains};

use crate::shared::seen::ended_with;

/// The erratum of a server that waits for its first client for ever. `steps` are
/// [`beside_a_silent_one`].
pub(crate) const fn silent_client(
    id: &'static str,
    scenario: &'static str,
    steps: fn() -> Vec<Step>,
) -> Erratum {
    Erratum {
        id,
        scenario,
        trigger: "a client that connects and sends nothing",
        happens: "the server waits in recv, without a time limit, for the client that it accepted \
                  first; clients that connect later wait in the queue, even if they have already sent something",
        right: "serves the others meanwhile",
        clause: "NW-4",
        // The network shows the harness that the silent client is in the queue, before the other.
        demo: Demo::Script { input: Input::default, steps, network: "halfclose@0" },
        shown: |_, seen| {
            keeps_the_second_waiting(seen) && !contains(&seen.server.stdout.0, b"secon")
        },
        ..Erratum::DEMONSTRATED
    }
}

/// The steps of a client that sends nothing, and of a second client that sends this and no more.
/// The sent bytes begin with "second", unless the server would answer them when the first client
/// has gone.
pub(crate) fn beside_a_silent_one(says: &[u8]) -> Vec<Step> {
    let silent = [Step::Connect, Step::ReadEnd];
    let second = [Step::Connect, Step::ReadEnd, Step::Send(says.to_vec()), Step::Finish];
    silent.into_iter().chain(second).chain([Step::Hold]).collect()
}

/// The erratum of a server that dies when its client resets before it has sent anything.
pub(crate) const fn dies_of_a_reset(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        trigger: "a client that resets its connection before it has sent anything",
        happens: "recv raises ConnectionResetError and no code catches it: the server ends with a \
                  traceback and status 1",
        right: "drops this client, and goes on or ends with status 0",
        clause,
        demo: Demo::steps(|| vec![Step::Connect, Step::Reset, Step::Hold]),
        shown: |_, seen| died_of_a_reset(seen),
        ..Erratum::DEMONSTRATED
    }
}

/// Whether the server has died because its client has gone. A send to a closed connection raises
/// one of these two exceptions; which one is chance.
pub(crate) fn died_of_a_reset(seen: &Observation) -> bool {
    ended_with(&seen.server.stderr.0, &["ConnectionResetError", "BrokenPipeError"])
}

/// Whether two clients came and the second got no bytes while the exchange was still. When the
/// harness then ends both, the server may still do something.
pub(crate) fn keeps_the_second_waiting(seen: &Observation) -> bool {
    let Some(at_rest) = seen.at_rest else { return false };
    let before = || seen.wire.events.iter().take_while(|event| event.at < at_rest.at);
    let is_told = |event: &WireEvent| {
        let says = matches!(event.what, WireItem::Segment(_) | WireItem::Fin | WireItem::Reset);
        says && event.direction == Direction::ToClient
    };
    let mut second = before().filter(|event| event.connection == 1).peekable();
    second.peek().is_some() && !second.any(is_told)
}
