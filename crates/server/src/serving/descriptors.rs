//! How many files this process may have open, of which each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is open besides connections: the standard streams, listeners, epoll, a file that is sent.
const OTHERS: u64 = 32;

/// As many descriptors as the system gives, and a warning if they are fewer than the connections
/// that are allowed.
pub(super) fn make_room(max_connections: usize) {
    let needed = u64::try_from(max_connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(u64::MAX);
    let raise = |current| setrlimit(Resource::Nofile, Rlimit { current, maximum });
    if let Some(current) = current
        && current < wanted
        // Some systems refuse to go to a maximum that is none.
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
