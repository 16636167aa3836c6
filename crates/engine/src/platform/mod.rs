//! The system functions that not every Unix has. `linux` implements them fully; `portable` does what is
//! possible elsewhere. With the feature `portable`, it is also built on Linux, so that it is tested. Nothing
//! else in this crate depends on one system.
//!
//! | function | Linux | portable |
//! |---|---|---|
//! | fork a warm interpreter | a `SOCK_SEQPACKET` pair connects to the launcher | a fresh interpreter each time |
//! | see whether a receiver has read | `sock_diag(7)` | assumed after a while |
//! | a process's time, and whether it sleeps | /proc | the `sysinfo` crate |
//! | who listens where, and whether a UDP port is bound | /proc | the `listeners` crate |
//! | end what a stranger leaves behind | adopted, and identified by its mark | only its process group is ended |
//! | a block of ports for one harness only | the name of an abstract socket | a locked file |
//! | end what a killed harness leaves | a helper process finds it by its mark | not supported |
//! | a network for one program only | a network namespace, held by a helper process | an error |
//! | a short path of a directory, for sockets | the entry of a descriptor in /proc | not supported |
//! | descriptors that no child inherits | from their creation on | shortly after, while no child is started |

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

/// This process's end of a connection, to ask whether the other end has read.
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

/// If the system can't say whether a receiver has read, it counts as having read everything this long after the
/// last data.
const READ_BY_THEN: Duration = Duration::from_millis(50);
/// How often this pause is made per direction of a connection. Otherwise a long stream of single bytes would
/// take very long.
const PAUSES_MAX: u32 = 100;

/// The pauses where the system can't say whether a receiver has read.
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

/// What this system lacks, for a run's reports.
#[must_use]
pub fn missing() -> Vec<String> {
    lacks()
}

/// The note for a run's reports if reads can't be seen.
fn reads_are_not_told(why: &str) -> String {
    format!(
        "word of when a program has read what it was sent ({why}): where a network is to cut a stream, \
         the first {PAUSES_MAX} pieces follow each other after {} ms, the others at once",
        READ_BY_THEN.as_millis()
    )
}

/// The functions of both modules, checked here so that they stay the same.
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
