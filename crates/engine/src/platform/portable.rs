//! The functions for any Unix, based on the standard library, POSIX and established libraries.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use listeners::{Listener, Protocol, SocketState};
use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::net::{AddressFamily, SendFlags, SocketType};
use rustix::process::{Pid, getpgid};
use rustix::pty::{OpenptFlags, openpt};
use rustix::termios::Termios;
use sysinfo::{ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

use super::{Pauses, StreamSocket, reads_are_not_told};
use crate::fork_guard;

/// What this system lacks.
pub(crate) fn lacks() -> Vec<String> {
    vec![
        reads_are_not_told("not on this system"),
        "warm interpreters (not on this system): each reference program gets a fresh one, \
         which takes several times as long"
            .to_owned(),
    ]
}

// Processes.

/// The data of one process; empty if there is no such process.
fn looked_up(pid: Pid) -> (sysinfo::Pid, System) {
    let number = sysinfo::Pid::from_u32(pid.as_raw_pid().unsigned_abs());
    let mut system = System::new();
    let what = ProcessRefreshKind::nothing().with_cpu().with_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[number]), true, what);
    (number, system)
}

/// The processor time that a process and its threads have used; zero if there is no such process.
pub(crate) fn processor_time(pid: Pid) -> Duration {
    let (number, system) = looked_up(pid);
    let used = system.process(number).map_or(0, sysinfo::Process::accumulated_cpu_time);
    Duration::from_millis(used)
}

/// Whether a process waits for an event; each of its threads, if the system shows them. False if there is no
/// such process.
pub(crate) fn is_asleep(pid: Pid) -> bool {
    let (number, system) = looked_up(pid);
    let sleeps = |process: &sysinfo::Process| {
        matches!(process.status(), ProcessStatus::Sleep | ProcessStatus::Idle)
    };
    system.process(number).is_some_and(|process| {
        let threads = process.tasks().into_iter().flatten();
        sleeps(process) && threads.filter_map(|thread| system.process(*thread)).all(sleeps)
    })
}

/// The remaining processes of a group are not searched for.
pub(crate) const fn left_in_group(_: Pid) -> BTreeMap<i32, String> {
    BTreeMap::new()
}

/// This process's peak memory, in bytes.
pub(crate) fn own_peak_bytes() -> u64 {
    use nix::sys::resource::{UsageWho, getrusage};
    // Some systems count in bytes, most in KiB.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    let counted = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.max_rss());
    u64::try_from(counted).unwrap_or(0) * unit
}

// Who listens.

fn waits_for_clients(listener: &Listener) -> bool {
    listener.protocol == Protocol::UDP || listener.state == SocketState::Listen
}

/// The system does not say whether a program listens.
pub(crate) const fn tcp_is_listened_on(_port: u16) -> Option<bool> {
    None
}

/// Whether a datagram socket is bound to this address, or to all addresses. For TCP, the system does not say.
pub(crate) fn is_served(address: SocketAddr, is_datagram: bool) -> Option<bool> {
    let all = listeners::get_all().ok().filter(|_| is_datagram)?;
    let takes = |listener: &Listener| {
        let (own, wanted) = (listener.socket.ip().to_canonical(), address.ip().to_canonical());
        let is_any = own.is_unspecified() && (own.is_ipv6() || wanted.is_ipv4());
        listener.protocol == Protocol::UDP
            && listener.socket.port() == address.port()
            && (own == wanted || is_any)
    };
    Some(all.iter().any(takes))
}

/// Each address where a process of this group listens, or has bound a datagram socket. Empty if the system does
/// not say. Does not list paths.
pub(crate) fn listening(group: Pid) -> Vec<String> {
    let is_of_group = |listener: &Listener| {
        let pid = i32::try_from(listener.process.pid).ok().and_then(Pid::from_raw);
        pid.is_some_and(|pid| getpgid(Some(pid)) == Ok(group))
    };
    let all = listeners::get_all().into_iter().flatten();
    let own = all.filter(|listener| waits_for_clients(listener) && is_of_group(listener));
    own.map(|listener| match listener.protocol {
        Protocol::UDP => format!("{} (UDP)", listener.socket),
        Protocol::TCP => listener.socket.to_string(),
    })
    .collect()
}

/// Whether some UDP socket of this machine is bound to `port`.
///
/// # Errors
///
/// The system does not say.
pub(crate) fn udp_is_bound(port: u16) -> io::Result<bool> {
    let all = listeners::get_all().map_err(|error| io::Error::other(error.to_string()))?;
    let is_it = |listener: &Listener| {
        listener.protocol == Protocol::UDP && SocketAddr::port(&listener.socket) == port
    };
    Ok(all.iter().any(is_it))
}

// Ports.

/// The start of the ephemeral ports is not known.
pub(crate) const fn ephemeral_start() -> Option<u16> {
    None
}

/// A name that only one process of this machine can have at a time: that of a locked file. It is released when
/// the process ends in any way.
#[derive(Debug)]
pub(crate) struct PortClaim {
    _locked: File,
}

impl PortClaim {
    /// Claims the name; `None` if another process has it.
    ///
    /// # Errors
    ///
    /// No file can be opened.
    pub(crate) fn take(name: &str) -> io::Result<Option<Self>> {
        let path = std::env::temp_dir().join(name);
        // The file of another user can be read, and so locked.
        let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => File::open(&path)?,
            made => made?,
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _locked: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

// Whether a receiver has read.

/// The system does not say.
#[derive(Debug)]
pub(crate) struct ReadWatch;

impl ReadWatch {
    pub(crate) const fn open() -> Self {
        Self
    }

    /// A watch for receivers on other machines.
    pub(crate) const fn blind() -> Self {
        Self
    }
}

/// The receiver of a connection's data.
#[derive(Debug)]
pub(crate) struct Receiver {
    pauses: Pauses,
}

impl Receiver {
    /// The receiver of what is sent over a connection.
    ///
    /// # Errors
    ///
    /// None here; the type is the same on every system.
    pub(crate) fn of(_: StreamSocket<'_>, _: &Arc<ReadWatch>) -> io::Result<Self> {
        Ok(Self { pauses: Pauses::default() })
    }

    /// Waits until it counts as having read all `sent` bytes.
    pub(crate) async fn has_read(&self, _sent: u64) {
        self.pauses.one().await;
    }

    /// Whether it counts as having read all `sent` bytes.
    #[expect(clippy::unused_self, reason = "on other systems, it depends on the receiver")]
    pub(crate) const fn has_read_now(&self, _sent: u64) -> bool {
        true
    }
}

// Descriptors.

/// Not every system has this flag. Rust programs ignore the signal anyway.
pub(crate) const NO_SIGNAL: SendFlags = SendFlags::empty();

/// Whether this system supports a launcher.
pub(crate) const CAN_FORK: bool = false;

/// The two ends of a connection to a launcher.
///
/// # Errors
///
/// Always: it is not supported.
pub(crate) fn launcher_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A second path of a directory is not supported.
#[derive(Debug)]
pub(crate) struct Alias;

impl Alias {
    /// Not supported.
    ///
    /// # Errors
    ///
    /// Always: it is not supported.
    pub(crate) fn of(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Not supported.
    #[expect(clippy::unused_self, reason = "where there is one, it has a path")]
    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::new()
    }
}

/// A non-blocking socket.
///
/// # Errors
///
/// socket(2) failed.
pub(crate) fn socket(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    fork_guard::alone(|| kept_to_ourselves(rustix::net::socket(family, kind, None)?))
}

/// A waiting connection; it is non-blocking.
///
/// # Errors
///
/// accept(2) failed; for example, no connection is waiting.
pub(crate) fn accept(listener: impl AsFd) -> io::Result<OwnedFd> {
    fork_guard::alone(|| kept_to_ourselves(rustix::net::accept(listener)?))
}

fn kept_to_ourselves(socket: OwnedFd) -> io::Result<OwnedFd> {
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    ioctl_fionbio(&socket, true)?;
    Ok(socket)
}

/// The near side of a new terminal.
///
/// # Errors
///
/// openpt(3) failed.
pub(crate) fn terminal() -> io::Result<OwnedFd> {
    fork_guard::alone(|| {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        fcntl_setfd(&terminal, FdFlags::CLOEXEC)?;
        Ok(terminal)
    })
}

/// This system's terminals have no special characters of their own.
pub(crate) const fn quiet_terminal(_: &mut Termios) {}

/// What a stranger's program leaves behind outside its process group can't be found.
pub(crate) mod orphans {
    use std::collections::BTreeMap;
    use std::io;
    use std::process::Command;

    use rustix::process::Pid;

    /// The name of the variable that would mark a peer.
    pub(crate) const MARK: &str = "FRAMECHECK_PEER";

    pub(crate) const fn adopt() -> io::Result<()> {
        Ok(())
    }

    pub(crate) const fn new_mark() -> String {
        String::new()
    }

    pub(crate) const fn mark(_: &mut Command, _: &str) {}

    pub(crate) const fn started(_: Pid) {}

    pub(crate) const fn waited_for(_: Pid) {}

    pub(crate) const fn end(_: Option<&str>) -> BTreeMap<i32, String> {
        BTreeMap::new()
    }
}

// Network namespaces.

/// Makes no namespaces.
#[derive(Debug)]
pub(crate) struct Helper;

/// Can't exist.
#[derive(Debug)]
pub(crate) enum Namespace {}

impl Helper {
    /// Fails: it is not supported.
    ///
    /// # Errors
    ///
    /// Always.
    pub(crate) fn start(_: &Path) -> io::Result<Self> {
        let why = "only Linux has them; a Python program that framecheck starts itself needs none";
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }

    /// Fails: it is not supported.
    ///
    /// # Errors
    ///
    /// Always.
    pub(crate) fn open(_: &Arc<Self>, _: IpAddr) -> Result<Namespace, String> {
        Err("only Linux has them".to_owned())
    }
}

impl Namespace {
    pub(crate) const fn socket(&self, _: AddressFamily, _: SocketType) -> io::Result<OwnedFd> {
        match *self {}
    }

    pub(crate) const fn read_watch(&self) -> ReadWatch {
        match *self {}
    }

    pub(crate) const fn udp_is_bound(&self, _: u16) -> io::Result<bool> {
        match *self {}
    }

    pub(crate) const fn tcp_is_listened_on(&self, _: u16) -> Option<bool> {
        match *self {}
    }

    pub(crate) const fn entry(&self) -> Vec<String> {
        match *self {}
    }
}

/// No process looks after a killed harness.
pub(crate) mod guardian {
    /// Does nothing.
    ///
    /// # Errors
    /// None.
    pub(crate) const fn start(_: &std::path::Path) -> std::io::Result<()> {
        Ok(())
    }

    /// Does nothing.
    pub(crate) const fn remove_if_killed(_: &std::path::Path) {}

    /// Does nothing.
    pub(crate) const fn dismiss() {}

    /// No arguments ask for a guardian.
    pub(crate) const fn serve_guardian(_: &[std::ffi::OsString]) -> Option<std::process::ExitCode> {
        None
    }
}

/// No arguments ask for a helper.
pub(crate) const fn serve_namespaces(_: &[std::ffi::OsString]) -> Option<std::process::ExitCode> {
    None
}
