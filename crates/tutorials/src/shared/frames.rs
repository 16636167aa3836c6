//! What the defects of the two programs that read frames look like.

use model::observation::{Direction, Observation, Role};
use model::{Check, Demo, Ending, Erratum, Expected};

use crate::shared::seen::ended_with;

/// A client that takes one recv(4) for the header.
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

/// A client that takes one recv for the dict.
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

/// A client that asks recv for whatever is announced.
pub(crate) const fn allocates(client: Erratum, id: &'static str) -> Erratum {
    Erratum {
        id,
        trigger: "a header that announces up to two gibibytes",
        happens: "recv is asked for as much, and sets as much aside before a byte has come; then it \
                  waits for a dict that nobody means",
        right: "has a limit, and refuses what is over it",
        clause: "FR-2",
        waives: &[Check::ClientExit, Check::ClientStderr],
        demo: Demo::Vector("hostile-huge-length-then-silence", "asis"),
        shown: |_, seen| is_asked_to_end(seen) && announces_too_much(seen),
        ..client
    }
}

/// The client dies of one of these exceptions, and should have come further with these bytes.
pub(crate) fn breaks_off(right: &Expected, seen: &Observation, exceptions: &[&str]) -> bool {
    let should_go_on = right.client.ending == Ending::Complete
        || right.client.stdout.0.len() > seen.client.stdout.0.len();
    should_go_on && ended_with(&seen.client.stderr.0, exceptions)
}

/// The client waited, and was ended.
pub(crate) fn is_asked_to_end(seen: &Observation) -> bool {
    seen.at_rest.is_some() && !seen.client.by_itself
}

/// The client has ended as if all were well.
pub(crate) fn ended_well(seen: &Observation) -> bool {
    seen.client.by_itself && Ending::of(&seen.client, Role::Client) == Ending::Complete
}

/// A file in the client's directory is not as it should be, and has this in it.
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

/// What the server sent.
pub(crate) fn sent(seen: &Observation) -> Vec<u8> {
    seen.wire.stream(Direction::ToClient)
}

/// The client was given a header that announces more than anyone takes.
fn announces_too_much(seen: &Observation) -> bool {
    let given: Vec<u8> = seen.wire.delivered(0, Direction::ToClient).flatten().copied().collect();
    let given = if given.is_empty() { sent(seen) } else { given };
    given.first_chunk::<4>().is_some_and(|header| i32::from_ne_bytes(*header) > 1 << 20)
}
