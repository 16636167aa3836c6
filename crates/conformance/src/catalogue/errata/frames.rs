//! What the defects of the two programs that read frames look like.

use super::ended_with;
use crate::catalogue::{Ending, Expected};
use crate::observation::{Direction, Observation, Role};

/// The client dies of one of these exceptions, and should have come further with these bytes.
pub(super) fn breaks_off(right: &Expected, seen: &Observation, exceptions: &[&str]) -> bool {
    let should_go_on = right.client.ending == Ending::Complete
        || right.client.stdout.0.len() > seen.client.stdout.0.len();
    should_go_on && ended_with(&seen.client.stderr.0, exceptions)
}

/// The client waited, and was ended.
pub(super) fn is_asked_to_end(seen: &Observation) -> bool {
    seen.at_rest.is_some() && !seen.client.by_itself
}

/// The client has ended as if all were well.
pub(super) fn ended_well(seen: &Observation) -> bool {
    seen.client.by_itself && Ending::of(&seen.client, Role::Client) == Ending::Complete
}

/// A file in the client's directory is not as it should be, and has this in it.
pub(super) fn leaves_another_file(
    right: &Expected,
    seen: &Observation,
    is_it: impl Fn(&[u8]) -> bool,
) -> bool {
    let differs = |(name, content): (&String, &crate::blob::Blob)| {
        right.client.files.get(name) != Some(content) && is_it(&content.0)
    };
    seen.client.files.iter().any(differs)
}

/// What the server sent.
pub(super) fn sent(seen: &Observation) -> Vec<u8> {
    seen.wire.stream(Direction::ToClient)
}

/// The client was given a header that announces more than anyone takes.
pub(super) fn announces_too_much(seen: &Observation) -> bool {
    let given: Vec<u8> = seen.wire.delivered(0, Direction::ToClient).flatten().copied().collect();
    let given = if given.is_empty() { sent(seen) } else { given };
    given.first_chunk::<4>().is_some_and(|header| i32::from_ne_bytes(*header) > 1 << 20)
}
