//! The limits of this machine: open files, processes, the length of a file, loopback addresses. They are
//! checked before cases are played, as a limit that a case meets looks like a defect of a peer.
//!
//! This module raises soft limits of this process as far as the machine allows, and changes no others.

mod tasks;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;

use model::Endpoint;
use model::case::Transport;
use rustix::fs::statvfs;
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
pub use tasks::Tasks;

/// The descriptors that this process holds without a case: the runtime's, the reports', the launcher's, a block
/// of ports. A run holds 35 to 40.
const OPEN_FILES: u64 = 48;
/// The maximum number of descriptors of a case, if its peers open no more connections than the tutorials'
/// programs do. A case holds 9 to 13.
const OPEN_FILES_PER_CASE: u64 = 16;
/// How long a connection to this machine may take.
const LOOPBACK_MAX: Duration = Duration::from_secs(5);

/// How many cases this machine can play at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The number of cases, at least two: one that works, and one that waits.
    pub cases: usize,
    /// The limit that determines the number, if fewer are possible than were wanted.
    pub limit: Option<String>,
}

/// A limit of this machine is too low for two cases.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TooLittle {
    /// Of open files.
    #[error(
        "a process may open {limit} files here, and framecheck needs {needed}: raise the limit with \
         `ulimit -n {needed}`"
    )]
    Files {
        /// The limit.
        limit: u64,
        /// What two cases need.
        needed: u64,
    },
    /// Of processes and threads.
    #[error("{}, and framecheck needs {needed}: raise the limit", tasks.shown())]
    Tasks {
        /// The limit.
        tasks: Tasks,
        /// What two cases need.
        needed: u64,
    },
}

/// The room for `wanted` cases at once, or for as many as possible. Raises the soft limit of open files as far
/// as they need; the peers inherit it. `tasks` is the limit of processes and threads, measured before the first
/// case.
///
/// # Errors
///
/// [`TooLittle`] if there is no room for two.
pub fn room_for(wanted: usize, tasks: Option<&Tasks>) -> Result<Room, TooLittle> {
    let needed = |cases: u64| OPEN_FILES.saturating_add(cases.saturating_mul(OPEN_FILES_PER_CASE));
    let limit = raise(Resource::Nofile, needed(wanted as u64)).unwrap_or(u64::MAX);
    let by_files = limit.saturating_sub(OPEN_FILES) / OPEN_FILES_PER_CASE;
    if by_files < 2 {
        return Err(TooLittle::Files { limit, needed: needed(2) });
    }
    let of_files = (by_files, format!("a process may open {limit} files here (`ulimit -n`)"));
    let (cases, limit) = match tasks.map(|tasks| (tasks, tasks.cases())) {
        Some((tasks, cases)) if cases < 2 => {
            let needed = Tasks::needed(2);
            return Err(TooLittle::Tasks { tasks: tasks.clone(), needed });
        }
        Some((tasks, cases)) if cases < by_files => (cases, tasks.shown()),
        _ => of_files,
    };
    let cases = usize::try_from(cases).unwrap_or(usize::MAX);
    let limit = (cases < wanted).then_some(limit);
    Ok(Room { cases: cases.min(wanted.max(2)), limit })
}

/// The longest file that this process and its children can write, in bytes, after the soft limit was raised as
/// far as possible. `None` if there is no limit.
#[must_use]
pub fn file_max_bytes() -> Option<u64> {
    raise(Resource::Fsize, u64::MAX)
}

/// The most memory that this process and its children can each map, in bytes, after the soft limit was raised
/// as far as possible. `None` if there is no limit.
#[must_use]
pub fn address_space_max_bytes() -> Option<u64> {
    raise(Resource::As, u64::MAX)
}

/// Raises a soft limit to `wanted`, or as far as the hard limit allows. Returns the new limit; `None` is no
/// limit.
pub(crate) fn raise(resource: Resource, wanted: u64) -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(resource);
    let current = current.filter(|current| *current < wanted)?;
    let raised = match maximum {
        Some(maximum) => Some(wanted.min(maximum)),
        None if wanted == u64::MAX => None,
        None => Some(wanted),
    };
    match setrlimit(resource, Rlimit { current: raised, maximum }) {
        Ok(()) => raised,
        Err(_) => Some(current),
    }
}

/// Why this machine can't play cases over this transport: it has no such loopback address, or no data arrive
/// there. `None` if it can, and for transports that need no address.
#[must_use]
pub fn lacks(transport: Transport) -> Option<io::Error> {
    if transport.is_path() || transport == Transport::None {
        return None;
    }
    let at = SocketAddr::new(Endpoint::loopback(transport), 0);
    let tried = if transport.is_datagram() { try_datagram(at) } else { try_stream(at) };
    tried.err()
}

fn try_stream(at: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(at)?;
    let mut near = TcpStream::connect_timeout(&listener.local_addr()?, LOOPBACK_MAX)?;
    let (mut far, _) = listener.accept()?;
    far.set_read_timeout(Some(LOOPBACK_MAX))?;
    near.write_all(b"?")?;
    far.read_exact(&mut [0])
}

fn try_datagram(at: SocketAddr) -> io::Result<()> {
    let [near, far] = [UdpSocket::bind(at)?, UdpSocket::bind(at)?];
    far.set_read_timeout(Some(LOOPBACK_MAX))?;
    near.send_to(b"?", far.local_addr()?)?;
    far.recv_from(&mut [0]).map(drop)
}

/// Whether the machine lacks a resource. If a call of the harness fails with such an error, this says nothing
/// about a peer.
#[must_use]
pub fn is_short(error: &io::Error) -> bool {
    let short = [
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOMEM,
        Errno::NOBUFS,
        Errno::NOSPC,
        Errno::DQUOT,
        Errno::FBIG,
        Errno::ROFS,
        Errno::ADDRNOTAVAIL,
        Errno::NETUNREACH,
        Errno::NETDOWN,
    ];
    error.kind() == ErrorKind::OutOfMemory
        || Errno::from_io_error(error).is_some_and(|errno| short.contains(&errno))
}

/// Whether no process can be started now, or none with a terminal or pipes of its own.
#[must_use]
pub fn is_short_of_processes(error: &io::Error) -> bool {
    is_short(error) || Errno::from_io_error(error) == Some(Errno::AGAIN)
}

/// The free space that the files of cases need, in bytes. One case needs a few mebibytes.
pub const SPACE_MIN_BYTES: u64 = 16 << 20;
/// The number of files and directories that must be possible there.
const ENTRIES_MIN: u64 = 256;

/// A message if the file system of `directory` has little room.
#[must_use]
pub fn lacks_space(directory: &Path) -> Option<String> {
    let about = statvfs(directory).ok()?;
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    let shown = directory.display();
    if free < SPACE_MIN_BYTES {
        return Some(format!("the file system of {shown} has only {free} bytes left"));
    }
    // Some file systems do not count entries.
    let is_full = about.f_files > 0 && about.f_favail < ENTRIES_MIN;
    is_full
        .then(|| format!("the file system of {shown} can hold only {} more files", about.f_favail))
}

/// The state before a case, to find out afterwards what the machine did during it.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    killed_for_memory: Option<u64>,
}

impl Mark {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self { killed_for_memory: killed_for_memory() }
    }

    /// Why a failed case since then, with its files in `directory`, says nothing about a peer.
    #[must_use]
    pub fn shortage(&self, directory: &Path) -> Option<String> {
        if killed_for_memory() > self.killed_for_memory {
            return Some("the system killed a process meanwhile, as memory was short".to_owned());
        }
        lacks_space(directory)
    }
}

/// How many processes the kernel has killed since it started because the machine or a group lacked memory.
/// `None` if it does not say.
fn killed_for_memory() -> Option<u64> {
    let counts = std::fs::read_to_string("/proc/vmstat").ok()?;
    let count = counts.lines().find_map(|line| line.strip_prefix("oom_kill "))?;
    count.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_loopback_address_for_every_kind_of_socket_that_it_says() {
        for transport in [Transport::Tcp4, Transport::Udp4, Transport::Unix, Transport::None] {
            assert!(lacks(transport).is_none(), "{transport}");
        }
    }

    #[test]
    fn a_shortage_of_the_machine_is_told_from_what_a_peer_does() {
        let error = |errno: Errno| io::Error::from(errno);
        assert!(is_short(&error(Errno::MFILE)) && is_short(&error(Errno::NOSPC)));
        assert!(!is_short(&error(Errno::CONNREFUSED)) && !is_short(&error(Errno::CONNRESET)));
        assert!(!is_short(&error(Errno::AGAIN)) && is_short_of_processes(&error(Errno::AGAIN)));
        assert!(!is_short_of_processes(&error(Errno::NOENT)));
    }
}
