//! The reference, played against a stranger's program. The stranger, and the network, may divide the data into
//! any pieces. The reference is known to handle pieces wrongly, and is excused while nothing else is wrong.

use model::observation::{Direction, Observation, Role, WireItem};
use model::{Check, Expected, Wire};

/// Whether this side sent what is right: all of it, unless the other side left first.
pub(super) fn is_blameless(expected: &Expected, role: Role, seen: &Observation) -> bool {
    let direction = sent_by(role);
    let right = expected.wire(direction);
    let (is_right_so_far, is_all) = match (right, right.like(seen, direction)) {
        (Wire::Stream(right), Wire::Stream(sent)) => {
            (right.0.starts_with(&sent.0), right.0.len() == sent.0.len())
        }
        (Wire::Datagrams(right), Wire::Datagrams(sent)) => {
            (right.starts_with(&sent), right.len() == sent.len())
        }
        _ => (false, false),
    };
    is_right_so_far && (is_all || left_first(seen) == Some(role.other()))
}

/// Whether this check applies even if the reference in `role` showed an erratum: a stranger's server must
/// withstand everything that its clients do.
pub(super) const fn stands(role: Role, check: Option<Check>) -> bool {
    let is_servers = matches!(
        check,
        Some(Check::ServerExit | Check::ServerStays | Check::ServerFiles | Check::NextClient)
    );
    is_servers && matches!(role, Role::Client)
}

fn left_first(seen: &Observation) -> Option<Role> {
    let leaves = |what: &WireItem| matches!(what, WireItem::Fin | WireItem::Reset);
    let first = seen.wire.events.iter().find(|event| leaves(&event.what))?;
    Some(if first.direction == sent_by(Role::Server) { Role::Server } else { Role::Client })
}

pub(super) const fn sent_by(role: Role) -> Direction {
    match role {
        Role::Server => Direction::ToClient,
        Role::Client => Direction::ToServer,
    }
}
