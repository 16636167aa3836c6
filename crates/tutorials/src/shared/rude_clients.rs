//! What servers make of clients that say nothing, read nothing or break off: the same in most of
//! them, as they wait for one client at a time and catch nothing.

use model::observation::{Direction, Observation, WireEvent, WireItem};
use model::{Demo, Erratum, Input, Step, contains};

use crate::shared::seen::ended_with;

/// A server that waits for its first client for ever. `steps` are [`beside_a_silent_one`].
pub(crate) const fn silent_client(
    id: &'static str,
    scenario: &'static str,
    steps: fn() -> Vec<Step>,
) -> Erratum {
    Erratum {
        id,
        scenario,
        trigger: "a client that connects and says nothing",
        happens: "the server waits in recv, without a limit, for the one that it accepted first; \
                  whoever connects later waits in the queue, whatever it has sent",
        right: "serves the others meanwhile",
        clause: "NW-4",
        // The network tells the harness that the silent one is in the queue, ahead of the other.
        demo: Demo::Script { input: Input::default, steps, network: "halfclose@0" },
        shown: |_, seen| {
            keeps_the_second_waiting(seen) && !contains(&seen.server.stdout.0, b"secon")
        },
        ..Erratum::DEMONSTRATED
    }
}

/// A client that says nothing, and one behind it that says this and no more. What it says begins
/// with "second", unless the server would answer it when the first has gone.
pub(crate) fn beside_a_silent_one(says: &[u8]) -> Vec<Step> {
    let silent = [Step::Connect, Step::ReadEnd];
    let second = [Step::Connect, Step::ReadEnd, Step::Send(says.to_vec()), Step::Finish];
    silent.into_iter().chain(second).chain([Step::Hold]).collect()
}

/// A server that dies when its client breaks off before it has said anything.
pub(crate) const fn dies_of_a_reset(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        trigger: "a client that breaks its connection off (a reset) before it has said anything",
        happens: "recv raises ConnectionResetError, which nothing catches: a traceback, and status 1",
        right: "gives this client up, and goes on or ends with status 0",
        clause,
        demo: Demo::steps(|| vec![Step::Connect, Step::Reset, Step::Hold]),
        shown: |_, seen| died_of_a_reset(seen),
        ..Erratum::DEMONSTRATED
    }
}

/// The server has died of its client's end. Which of the two a send to nobody raises is chance.
pub(crate) fn died_of_a_reset(seen: &Observation) -> bool {
    ended_with(&seen.server.stderr.0, &["ConnectionResetError", "BrokenPipeError"])
}

/// Two clients came, and the second was told nothing until nothing moved any more. When the harness
/// then takes both away, the server may well do something.
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
