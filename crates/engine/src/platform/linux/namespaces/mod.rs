//! Network namespaces for programs with a fixed address.
//!
//! A helper process holds them: this program, started a second time (`helper.rs`). Each namespace is one of its
//! threads. The thread makes sockets inside and passes their descriptors here, so no other part of the harness
//! enters a namespace. A program enters by `entry`: the helper's program enters the namespace and becomes it,
//! with the same process number. A namespace ends when the [`Namespace`], its sockets and its programs are
//! gone.

mod helper;
mod loopback;
mod refusal;

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) use helper::serve_namespaces;
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, Shutdown, SocketFlags, SocketType, recvmsg, sendmsg, shutdown,
    socketpair,
};
use rustix::process::Pid;

use super::listening::tcp_is_listened_on_in;
use super::ports::udp_is_bound_in;
use super::sockets::NO_SIGNAL;
use super::{ReadWatch, orphans};
use crate::fork_guard;

/// The argument that makes a program the helper, or makes it enter a namespace.
const WORD: &str = "network-namespace";
const KEEP: &str = "keep";
const ENTER: &str = "enter";

/// The kinds of sockets that a namespace makes on request.
const STREAM4: u8 = b's';
const STREAM6: u8 = b'S';
const DATAGRAM4: u8 = b'd';
const DATAGRAM6: u8 = b'D';
const SOCK_DIAG: u8 = b'q';

/// The longest message between the two processes, in bytes.
const MESSAGE_MAX_BYTES: usize = 4096;
/// The time limit for the helper's answer.
const ANSWER: Duration = Duration::from_secs(30);

/// The process that holds namespaces. It ends when this is dropped, and when this process ends.
#[derive(Debug)]
pub(crate) struct Helper {
    control: OwnedFd,
    program: PathBuf,
    child: Mutex<Child>,
}

/// A network namespace that has only the loopback interface.
#[derive(Debug)]
pub(crate) struct Namespace {
    control: Mutex<OwnedFd>,
    /// The directory in /proc of the thread that holds it.
    thread: PathBuf,
    helper: Arc<Helper>,
}

impl Helper {
    /// Starts `program`, which must pass its arguments to [`serve_namespaces`] before anything else.
    ///
    /// # Errors
    ///
    /// It can't be started.
    pub(crate) fn start(program: &Path) -> io::Result<Self> {
        let (control, theirs) = pair()?;
        let mut command = std::process::Command::new(program);
        // It prints nothing. It must not hold this process's standard output open.
        let unused = theirs.try_clone()?;
        command.args([WORD, KEEP]).process_group(0).stdin(theirs).stdout(unused);
        let child = fork_guard::alone(|| {
            let child = command.spawn()?;
            orphans::started(Pid::from_child(&child));
            io::Result::Ok(child)
        })?;
        Ok(Self { control, program: program.to_owned(), child: Mutex::new(child) })
    }

    /// Makes a namespace in which a program can use this address.
    ///
    /// # Errors
    ///
    /// The system makes none. The text says why, and what would help.
    pub(crate) fn open(helper: &Arc<Self>, ip: IpAddr) -> Result<Namespace, String> {
        let lost = |error: io::Error| format!("its helper does not answer: {error}");
        let (control, theirs) = pair().map_err(lost)?;
        set_socket_timeout(&control, Timeout::Recv, Some(ANSWER)).map_err(|it| lost(it.into()))?;
        send(&helper.control, ip.to_string().as_bytes(), Some(&theirs)).map_err(lost)?;
        drop(theirs);
        let (answer, _) = receive(&control).map_err(lost)?;
        let thread = PathBuf::from(answered(&answer)?);
        Ok(Namespace { control: Mutex::new(control), thread, helper: helper.clone() })
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = shutdown(&self.control, Shutdown::Both);
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        let pid = Pid::from_child(child);
        fork_guard::alone(|| {
            let _ = child.wait();
            orphans::waited_for(pid);
        });
    }
}

impl Namespace {
    /// A non-blocking socket inside.
    ///
    /// # Errors
    ///
    /// socket(2) failed there.
    pub(crate) fn socket(&self, family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
        let is_v6 = family == AddressFamily::INET6;
        self.ask(match kind {
            SocketType::DGRAM if is_v6 => DATAGRAM6,
            SocketType::DGRAM => DATAGRAM4,
            _ if is_v6 => STREAM6,
            _ => STREAM4,
        })
    }

    /// Watches whether the programs inside have read their data.
    pub(crate) fn read_watch(&self) -> ReadWatch {
        ReadWatch::by(self.ask(SOCK_DIAG))
    }

    /// Whether some UDP socket inside is bound to `port`.
    ///
    /// # Errors
    ///
    /// The kernel does not say.
    pub(crate) fn udp_is_bound(&self, port: u16) -> io::Result<bool> {
        udp_is_bound_in(&self.thread.join("net"), port)
    }

    /// Whether a program inside listens on this TCP port.
    pub(crate) fn tcp_is_listened_on(&self, port: u16) -> Option<bool> {
        tcp_is_listened_on_in(&self.thread.join("net"), port)
    }

    /// The command that enters it and then runs the command that follows.
    pub(crate) fn entry(&self) -> Vec<String> {
        let program = self.helper.program.to_string_lossy().into_owned();
        let thread = self.thread.to_string_lossy().into_owned();
        vec![program, WORD.to_owned(), ENTER.to_owned(), thread]
    }

    fn ask(&self, what: u8) -> io::Result<OwnedFd> {
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        send(&*control, &[what], None::<&OwnedFd>)?;
        let (answer, descriptor) = receive(&*control)?;
        answered(&answer).map_err(|number| {
            io::Error::from_raw_os_error(number.parse().unwrap_or(Errno::IO.raw_os_error()))
        })?;
        descriptor.ok_or_else(|| {
            let why = "the program that makes networks ended before it answered";
            io::Error::new(io::ErrorKind::UnexpectedEof, why)
        })
    }
}

/// Parses an answer: `+` and the result, or `-` and the reason of a refusal.
fn answered(answer: &[u8]) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match answer.split_first() {
        Some((b'+', rest)) => Ok(text(rest)),
        Some((_, rest)) => Err(text(rest)),
        None => Err("its helper has gone".to_owned()),
    }
}

fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Sends a message, with a descriptor if there is one.
fn send(to: impl AsFd, text: &[u8], descriptor: Option<impl AsFd>) -> io::Result<()> {
    let attached: Vec<_> = descriptor.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !attached.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(&attached));
    }
    sendmsg(to, &[IoSlice::new(text)], &mut ancillary, NO_SIGNAL)?;
    Ok(())
}

/// The next message and its descriptor. The message is empty if the other side has ended.
fn receive(from: impl AsFd) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
    let mut text = vec![0; MESSAGE_MAX_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        let slices = &mut [IoSliceMut::new(&mut text)];
        match recvmsg(&from, slices, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => {}
            received => break received?,
        }
    };
    text.truncate(received.bytes);
    let descriptor = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    Ok((text, descriptor))
}
