//! The limit of open files of this process. Each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open descriptors that are not connections: the standard streams, listeners, epoll, the served
/// file.
const OTHERS: u64 = 32;

/// Raises the limit of descriptors as far as the system allows, and warns if that is less than
/// the allowed connections need.
pub(super) fn make_room(max_connections: usize) {
    let needed = u64::try_from(max_connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(u64::MAX);
    let raise = |current| setrlimit(Resource::Nofile, Rlimit { current, maximum });
    if let Some(current) = current
        && current < wanted
        // Some systems refuse a soft limit equal to an infinite maximum.
        && let Err(error) =
            raise(maximum).or_else(|_| raise(Some(needed.min(wanted).max(current))))
    {
        tracing::debug!("cannot raise the limit of descriptors: {error}");
    }
    let Some(given) = getrlimit(Resource::Nofile).current else { return };
    if max_connections > 0 && given < needed {
        tracing::warn!(
            "--max-connections {max_connections}: this process may have {given} files open \
             (ulimit -n), so it will be fewer"
        );
    }
}
