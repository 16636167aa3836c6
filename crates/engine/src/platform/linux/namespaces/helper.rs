//! The two tasks of this program with network namespaces: to be the helper that holds them, and to enter one.
//!
//! It must have only one thread at its start: only then does the kernel let a process into a user namespace. If
//! the user may make a network namespace without a user namespace, none is made.

use std::ffi::OsString;
use std::fs::{File, write};
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use rustix::net::netlink::SOCK_DIAG as SOCK_DIAG_PROTOCOL;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::{getgid, getuid};

use super::refusal::Refusal;
use super::{
    DATAGRAM4, DATAGRAM6, ENTER, KEEP, SOCK_DIAG, STREAM4, STREAM6, WORD, loopback, receive, send,
};

/// The shells' status for a command that can't be run.
const CANNOT_RUN: u8 = 127;

/// Acts as the helper, or enters a namespace, if these arguments ask for it; otherwise returns `None`.
///
/// Call it while the process has only its first thread.
pub(crate) fn serve_namespaces(arguments: &[OsString]) -> Option<ExitCode> {
    let (word, rest) = arguments.split_first()?;
    let (verb, rest) = rest.split_first().filter(|_| word == WORD)?;
    if verb == KEEP {
        return Some(keep_all());
    }
    let (thread, command) = rest.split_first().filter(|_| verb == ENTER)?;
    let (program, arguments) = command.split_first()?;
    let error = match enter(Path::new(thread)) {
        Ok(()) => std::process::Command::new(program).args(arguments).exec(),
        Err(error) => error,
    };
    eprintln!("framecheck: cannot start {} in its network: {error}", program.display());
    Some(ExitCode::from(CANNOT_RUN))
}

/// Moves this process into the namespace that a thread of the helper holds.
fn enter(thread: &Path) -> io::Result<()> {
    let user = thread.join("ns/user");
    let is_same = std::fs::metadata(&user)?.ino() == std::fs::metadata("/proc/self/ns/user")?.ino();
    let network = File::open(thread.join("ns/net"))?;
    if !is_same {
        setns(File::open(user)?, CloneFlags::CLONE_NEWUSER)?;
    }
    Ok(setns(network, CloneFlags::CLONE_NEWNET)?)
}

/// Holds a namespace for each request, until the harness ends.
fn keep_all() -> ExitCode {
    let can = may_make();
    let control = io::stdin();
    loop {
        let Ok((request, Some(theirs))) = receive(&control) else { return ExitCode::SUCCESS };
        let can = can.clone();
        let keeping = std::thread::Builder::new().spawn(move || match can {
            Ok(()) => keep(&theirs, &request),
            Err(refusal) => refuse(&theirs, &refusal),
        });
        // The harness sees its end of this socket close.
        drop(keeping);
    }
}

/// Gets the right to make network namespaces.
fn may_make() -> Result<(), Refusal> {
    match unshare(CloneFlags::CLONE_NEWNET) {
        Ok(()) => return Ok(()),
        Err(Errno::EPERM) => {}
        Err(error) => return Err(Refusal::of("a network namespace", error)),
    }
    // The same user and group inside as outside.
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|it| Refusal::of("a user namespace", it))?;
    let map = |file: &str, text: String| {
        let written = write(Path::new("/proc/self").join(file), text);
        written.map_err(|error| Refusal::of(&format!("its {file}"), errno(&error)))
    };
    map("setgroups", "deny".to_owned())?;
    map("gid_map", format!("{group} {group} 1"))?;
    map("uid_map", format!("{user} {user} 1"))?;
    let made = unshare(CloneFlags::CLONE_NEWNET);
    made.map_err(|error| Refusal::of("a network namespace in a user namespace", error))
}

fn refuse(control: &OwnedFd, refusal: &Refusal) {
    let _ = send(control, format!("-{refusal}").as_bytes(), None::<&OwnedFd>);
}

/// Makes a namespace for this thread, and sockets in it, until the harness no longer needs it.
fn keep(control: &OwnedFd, request: &[u8]) {
    let thread = match make(request) {
        Ok(thread) => thread,
        Err(refusal) => return refuse(control, &refusal),
    };
    let answer = format!("+{}", thread.display());
    let mut answered = send(control, answer.as_bytes(), None::<&OwnedFd>);
    while answered.is_ok() {
        let Ok((request, _)) = receive(control) else { return };
        let Some(what) = request.first() else { return };
        answered = match socket_for(*what) {
            Ok(made) => send(control, b"+", Some(&made)),
            Err(error) => {
                let number = error.raw_os_error();
                send(control, format!("-{number}").as_bytes(), None::<&OwnedFd>)
            }
        };
    }
}

/// Makes a namespace for this thread, with its loopback interface up. Returns the thread's directory in /proc.
fn make(request: &[u8]) -> Result<PathBuf, Refusal> {
    unshare(CloneFlags::CLONE_NEWNET).map_err(|it| Refusal::of("a network namespace", it))?;
    let ip: Option<IpAddr> = std::str::from_utf8(request).ok().and_then(|it| it.parse().ok());
    // If /proc/sys can't be written to, ports below 1024 are refused, as outside.
    let _ = write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    if ip.is_some_and(|ip| ip.is_ipv6()) {
        let _ = write("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "0");
    }
    let failed =
        |error: io::Error| Refusal::of("the loopback interface of a namespace", errno(&error));
    loopback::bring_up(ip.filter(|ip| !ip.is_loopback())).map_err(failed)?;
    let thread = std::fs::read_link("/proc/thread-self").map_err(failed)?;
    Ok(Path::new("/proc").join(thread))
}

fn socket_for(what: u8) -> rustix::io::Result<OwnedFd> {
    let (family, kind, protocol) = match what {
        STREAM4 => (AddressFamily::INET, SocketType::STREAM, None),
        STREAM6 => (AddressFamily::INET6, SocketType::STREAM, None),
        DATAGRAM4 => (AddressFamily::INET, SocketType::DGRAM, None),
        DATAGRAM6 => (AddressFamily::INET6, SocketType::DGRAM, None),
        SOCK_DIAG => (AddressFamily::NETLINK, SocketType::RAW, Some(SOCK_DIAG_PROTOCOL)),
        _ => return Err(rustix::io::Errno::INVAL),
    };
    socket_with(family, kind, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, protocol)
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}
