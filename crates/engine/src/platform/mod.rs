//! What the harness asks of the system and not every Unix has. `linux` has all of it; `portable` is
//! what any other has to do with, and is built on Linux too with the feature of that name, so that it
//! is tested. Nothing else in this crate is for one system alone.
//!
//! | asked for | Linux | portable |
//! |---|---|---|
//! | forks of a warm interpreter | a `SOCK_SEQPACKET` pair to talk to it over | a fresh one each |
//! | whether a receiver has read | `sock_diag(7)` | a while later it is taken to have |
//! | a process's time, whether it sleeps | /proc | the `sysinfo` crate |
//! | who listens where, is a UDP port bound | /proc | the `listeners` crate |
//! | what a stranger leaves behind | adopted, and ended by its mark | its process group is ended, no more |
//! | a block of ports for one harness alone | an abstract socket's name | a locked file |
//! | what a killed harness leaves | a helper process ends it, by its mark | nothing does |
//! | a network for one program alone | a network namespace, held by a helper process | none, which is an error |
//! | a short path of a directory, for sockets | the entry of a descriptor in /proc | none |
//! | descriptors that no child inherits | from the start | a moment later, while no child is started |

#[cfg(all(target_os = "linux", not(feature = "portable")))]
mod linux;
mod place;
#[cfg(not(all(target_os = "linux", not(feature = "portable"))))]
mod portable;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[cfg(all(target_os = "linux", not(feature = "portable")))]
pub(crate) use linux::*;
pub use place::{Namespaces, NoNamespace, Place, helper_program};
#[cfg(not(all(target_os = "linux", not(feature = "portable"))))]
pub(crate) use portable::*;
use rustix::process::Pid;
use tokio::net::{TcpStream, UnixStream};

/// One end of a connection, of which is asked whether the other has read.
#[cfg_attr(
    not(all(target_os = "linux", not(feature = "portable"))),
    expect(dead_code, reason = "other systems are not asked")
)]
#[derive(Debug, Clone, Copy)]
pub(crate) enum StreamSocket<'a> {
    /// TCP.
    Tcp(&'a TcpStream),
    /// A Unix stream socket.
    Unix(&'a UnixStream),
}

/// How long after the last of it was sent a receiver is taken to have read all, where nothing tells.
const READ_BY_THEN: Duration = Duration::from_millis(50);
/// So often that is waited for on one connection's way; a long stream of single bytes would take
/// for ever.
const PAUSES_MAX: u32 = 100;

/// What is done where nothing tells that a receiver has read.
#[derive(Debug, Default)]
struct Pauses {
    made: AtomicU32,
}

impl Pauses {
    async fn one(&self) {
        if self.made.fetch_add(1, Ordering::Relaxed) < PAUSES_MAX {
            tokio::time::sleep(READ_BY_THEN).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

/// What this system does not have or tell, as a run's reports say it.
#[must_use]
pub fn missing() -> Vec<String> {
    lacks()
}

/// What a run's reports are to say where that is so.
fn reads_are_not_told(why: &str) -> String {
    format!(
        "word of when a program has read what it was sent ({why}): where a network is to cut a stream, \
         the first {PAUSES_MAX} pieces follow each other after {} ms, the others at once",
        READ_BY_THEN.as_millis()
    )
}

/// What both give, checked here so that neither can drift.
const _: () = {
    let _: fn(Pid) -> Duration = processor_time;
    let _: fn(Pid) -> bool = is_asleep;
    let _: fn(Pid) -> Vec<String> = listening;
    let _: fn(Pid) -> std::collections::BTreeMap<i32, String> = left_in_group;
    let _: fn(u16) -> std::io::Result<bool> = udp_is_bound;
    let _: fn(u16) -> Option<bool> = tcp_is_listened_on;
    let _: fn() -> Option<u16> = ephemeral_start;
    let _: fn(&std::path::Path) -> std::io::Result<Alias> = Alias::of;
    let _: fn(&Alias) -> std::path::PathBuf = Alias::path;
    let _: fn(StreamSocket<'_>, &std::sync::Arc<ReadWatch>) -> std::io::Result<Receiver> =
        Receiver::of;
    let _: fn() -> Vec<String> = lacks;
    let _: fn(&std::path::Path) -> std::io::Result<Helper> = Helper::start;
    let _: fn(&std::sync::Arc<Helper>, std::net::IpAddr) -> Result<Namespace, String> =
        Helper::open;
    let _: fn(&[std::ffi::OsString]) -> Option<std::process::ExitCode> = serve_namespaces;
    let _: fn(&[std::ffi::OsString]) -> Option<std::process::ExitCode> = guardian::serve_guardian;
    let _: fn(&std::path::Path) -> std::io::Result<()> = guardian::start;
    let _: fn(&std::path::Path) = guardian::remove_if_killed;
    let _: fn() = guardian::dismiss;
};
