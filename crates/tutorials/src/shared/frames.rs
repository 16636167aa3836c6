//! The common errata of the two clients that read frames.

use model::observation::{Direction, Observation, Role};
use model::{Check, Demo, Ending, Erratum, Expected};

use crate::shared::seen::ended_with;

/// The erratum of a client that takes one recv(4) for the header.
pub(crate) const fn cut_header(client: Erratum, id: &'static str, demo: Demo) -> Erratum {
    Erratum {
        id,
        trigger: "a network that cuts inside the four bytes of the header",
        happens: "the client takes one recv(4) for the whole header: struct.error ends it, though \
                  every byte is on its way",
        right: "reads on until it has four bytes",
        clause: "NW-1",
        demo,
        shown: |right, seen| breaks_off(right, seen, &["struct.error"]),
        ..client
    }
}

/// The erratum of a client that takes one recv for the dict.
pub(crate) const fn cut_dict(client: Erratum, id: &'static str, demo: Demo) -> Erratum {
    Erratum {
        id,
        trigger: "a network that cuts inside the dict",
        happens: "the client takes one recv for the whole dict: the JSON is incomplete and \
                  json.loads raises, though every byte is on its way",
        right: "reads on until it has as many bytes as the header announces",
        clause: "NW-1",
        demo,
        shown: |right, seen| {
            breaks_off(right, seen, &["json.decoder.JSONDecodeError", "UnicodeDecodeError"])
        },
        ..client
    }
}

/// The erratum of a client that passes any announced length to recv.
pub(crate) const fn allocates(client: Erratum, id: &'static str) -> Erratum {
    Erratum {
        id,
        trigger: "a header that announces up to two gibibytes",
        happens: "the client asks recv for that many bytes, which allocates all of them before a \
                  byte has come; then it waits for a dict that never comes",
        right: "has a limit, and refuses a header over it",
        clause: "FR-2",
        waives: &[Check::ClientExit, Check::ClientStderr],
        demo: Demo::Vector("hostile-huge-length-then-silence", "asis"),
        shown: |_, seen| is_asked_to_end(seen) && announces_too_much(seen),
        ..client
    }
}

/// Whether the client dies of one of these exceptions although it should have read further
/// with these bytes.
pub(crate) fn breaks_off(right: &Expected, seen: &Observation, exceptions: &[&str]) -> bool {
    let should_go_on = right.client.ending == Ending::Complete
        || right.client.stdout.0.len() > seen.client.stdout.0.len();
    should_go_on && ended_with(&seen.client.stderr.0, exceptions)
}

/// Whether the client waited until the harness ended it.
pub(crate) fn is_asked_to_end(seen: &Observation) -> bool {
    seen.at_rest.is_some() && !seen.client.by_itself
}

/// Whether the client has ended with status 0.
pub(crate) fn ended_well(seen: &Observation) -> bool {
    seen.client.by_itself && Ending::of(&seen.client, Role::Client) == Ending::Complete
}

/// Whether a file in the client's directory is wrong and contains this.
pub(crate) fn leaves_another_file(
    right: &Expected,
    seen: &Observation,
    is_it: impl Fn(&[u8]) -> bool,
) -> bool {
    let differs = |(name, content): (&String, &model::blob::Blob)| {
        right.client.files.get(name) != Some(content) && is_it(&content.0)
    };
    seen.client.files.iter().any(differs)
}

/// The bytes that the server sent.
pub(crate) fn sent(seen: &Observation) -> Vec<u8> {
    seen.wire.stream(Direction::ToClient)
}

/// Whether the client received a header that announces more bytes than any receiver accepts.
fn announces_too_much(seen: &Observation) -> bool {
    let given: Vec<u8> = seen.wire.delivered(0, Direction::ToClient).flatten().copied().collect();
    let given = if given.is_empty() { sent(seen) } else { given };
    given.first_chunk::<4>().is_some_and(|header| i32::from_ne_bytes(*header) > 1 << 20)
}
