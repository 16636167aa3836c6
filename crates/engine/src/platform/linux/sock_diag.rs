//! Finds out whether the program at the other end of a connection has read everything that was sent to it.
//!
//! A sender can't see this: TCP's acknowledgements come from the peer's kernel. So this module asks the kernel,
//! by sock_diag(7), about the receiver's socket, which is on this machine. A question never changes anything
//! and never waits for a program. To wait for a change, the caller asks repeatedly.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::fstat;
use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

use super::super::{Pauses, reads_are_not_told};
use crate::platform::StreamSocket;

/// How long to ask continuously, before asking once per millisecond. A receiver that is about to read usually
/// does so within a few dozen microseconds after it can run.
const EAGER: Duration = Duration::from_millis(1);
const LOOK_AGAIN: Duration = Duration::from_millis(1);

// linux/netlink.h, linux/sock_diag.h
const NLMSG_HEADER_BYTES: usize = 16;
const NLM_F_REQUEST: u16 = 1;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
// linux/inet_diag.h
const INET_DIAG_INFO: u16 = 2;
const INET_DIAG_SHUTDOWN: u16 = 8;
const INET_DIAG_MSG_BYTES: usize = 72;
const TCP_BYTES_RECEIVED_AT: usize = 128;
// linux/unix_diag.h
const UDIAG_SHOW_RQLEN: u32 = 0x10;
const UNIX_DIAG_RQLEN: u16 = 4;
const UNIX_DIAG_SHUTDOWN: u16 = 6;
const UNIX_DIAG_MSG_BYTES: usize = 16;
// net/sock.h: sk_shutdown
const RCV_SHUTDOWN: u8 = 1;
const SEND_SHUTDOWN: u8 = 2;

/// A socket for questions to the kernel. If the system provides none, a receiver counts as having read after a
/// while.
#[derive(Debug)]
pub(crate) struct ReadWatch {
    netlink: io::Result<Mutex<OwnedFd>>,
}

impl ReadWatch {
    pub(crate) fn open() -> Self {
        let flags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);
        let netlink = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(SOCK_DIAG));
        Self::by(netlink.map_err(Into::into))
    }

    /// Asks by this netlink socket, about the sockets of its network namespace.
    pub(super) fn by(netlink: io::Result<OwnedFd>) -> Self {
        Self { netlink: netlink.map(Mutex::new) }
    }

    /// A watch for receivers on other machines, which this kernel does not know. They count as having read
    /// after a while.
    pub(crate) fn blind() -> Self {
        Self { netlink: Err(io::ErrorKind::Unsupported.into()) }
    }

    /// The note for reports if the kernel can't be asked.
    pub(crate) fn missing(&self) -> Option<String> {
        let error = self.netlink.as_ref().err()?;
        Some(reads_are_not_told(&format!("sock_diag(7): {error}")))
    }

    /// The kernel's answer: a netlink message. It is available as soon as the question is sent.
    fn ask(&self, question: &[u8]) -> Option<Vec<u8>> {
        let netlink = self.netlink.as_ref().ok()?.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer = vec![0; 4096];
        sendto(&*netlink, question, SendFlags::empty(), &SocketAddrNetlink::new(0, 0)).ok()?;
        let (_, len) = recv(&*netlink, &mut *answer, RecvFlags::DONTWAIT).ok()?;
        answer.truncate(len);
        Some(answer)
    }
}

/// The receiver of a connection's data.
#[derive(Debug)]
pub(crate) struct Receiver {
    diag: Arc<ReadWatch>,
    question: Vec<u8>,
    transport: Stream,
    pauses: Pauses,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Tcp,
    Unix,
}

/// What a receiver has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    HasReadAll,
    HasNot,
    /// It never will: it has ended, or reads no more.
    NeverWill,
}

impl Receiver {
    /// The receiver of what is sent over `connection`.
    ///
    /// # Errors
    ///
    /// getsockname(2), getpeername(2) or fstat(2) failed.
    pub(crate) fn of(socket: StreamSocket<'_>, diag: &Arc<ReadWatch>) -> io::Result<Self> {
        let (question, transport) = match socket {
            StreamSocket::Tcp(stream) => {
                (about_tcp(stream.peer_addr()?, stream.local_addr()?), Stream::Tcp)
            }
            // Sockets have 32-bit numbers.
            StreamSocket::Unix(stream) => {
                let number = u32::try_from(fstat(stream)?.st_ino).map_err(io::Error::other)?;
                (about_unix(number), Stream::Unix)
            }
        };
        Ok(Self { diag: Arc::clone(diag), question, transport, pauses: Pauses::default() })
    }

    /// Waits until it has read all `sent` bytes, or never will. If it neither reads nor ends, waits for ever.
    pub(crate) async fn has_read(&self, sent: u64) {
        if self.diag.netlink.is_err() {
            return self.pauses.one().await;
        }
        let began = Instant::now();
        let mut is_confirmed = self.transport == Stream::Tcp;
        loop {
            match self.look(sent) {
                Seen::NeverWill => return,
                // Its recv(2) may still be running, with room for more; see `about_unix`.
                Seen::HasReadAll if !is_confirmed => is_confirmed = true,
                Seen::HasReadAll => return,
                Seen::HasNot => is_confirmed = self.transport == Stream::Tcp,
            }
            if began.elapsed() < EAGER {
                // First yield to other programs, or the receiver could not run; then to other tasks.
                std::thread::yield_now();
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }

    /// Whether it has read all `sent` bytes by now, or never will.
    pub(crate) fn has_read_now(&self, sent: u64) -> bool {
        self.look(sent) != Seen::HasNot
    }

    fn look(&self, sent: u64) -> Seen {
        let seen = || {
            let answer = self.diag.ask(&self.question)?;
            match self.transport {
                Stream::Tcp => tcp_seen(&answer, sent),
                Stream::Unix => unix_seen(&answer),
            }
        };
        seen().unwrap_or(Seen::NeverWill)
    }
}

/// A question about the TCP socket whose own address is `local`: `struct inet_diag_req_v2`.
///
/// With `INET_DIAG_INFO`, the kernel first looks at the queue and then takes the socket's lock, which a running
/// recv(2) holds. So if the answer says that everything was read, the recv(2) that did so is over, and nothing
/// that is sent now can get into it.
fn about_tcp(local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    const IPPROTO_TCP: u8 = 6;
    let family = match local {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let mut body = vec![family_byte(family), IPPROTO_TCP, 1 << (INET_DIAG_INFO - 1), 0];
    body.extend(u32::MAX.to_ne_bytes()); // in any state
    body.extend(local.port().to_be_bytes());
    body.extend(remote.port().to_be_bytes());
    body.extend(address_bytes(local));
    body.extend(address_bytes(remote));
    body.extend(0_u32.to_ne_bytes()); // on any interface
    body.extend([0xff; 8]); // no cookie
    question(&body)
}

/// A question about this process's own Unix socket with this number: `struct unix_diag_req`.
///
/// Bytes that were sent over a Unix stream count as the sender's until the receiver has read them, so the own
/// socket shows this. It also shows, as a shutdown, that the receiver has closed. It does not show whether the
/// recv(2) that read is over: some instructions lie between. So the caller asks twice.
fn about_unix(number: u32) -> Vec<u8> {
    let mut body = vec![family_byte(AddressFamily::UNIX), 0, 0, 0];
    body.extend(u32::MAX.to_ne_bytes()); // in any state
    body.extend(number.to_ne_bytes());
    body.extend(UDIAG_SHOW_RQLEN.to_ne_bytes());
    body.extend([0xff; 8]); // no cookie
    question(&body)
}

/// `struct nlmsghdr`, then the body.
fn question(body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(NLMSG_HEADER_BYTES + body.len()).unwrap_or(0);
    let mut message = len.to_ne_bytes().to_vec();
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(NLM_F_REQUEST.to_ne_bytes());
    message.extend([0; 8]); // sequence and port: this socket has one user
    message.extend(body);
    message
}

/// The families that this module asks about have numbers below 256.
fn family_byte(family: AddressFamily) -> u8 {
    u8::try_from(family.as_raw()).unwrap_or(0)
}

fn address_bytes(address: SocketAddr) -> [u8; 16] {
    match address {
        SocketAddr::V4(v4) => {
            let [a, b, c, d] = v4.ip().octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        SocketAddr::V6(v6) => v6.ip().octets(),
    }
}

/// The meaning of an answer with a `struct inet_diag_msg`; `None` without one: no such socket.
fn tcp_seen(answer: &[u8], sent: u64) -> Option<Seen> {
    // net/tcp_states.h
    const ESTABLISHED: u8 = 1;
    const FIN_WAIT1: u8 = 4;
    const FIN_WAIT2: u8 = 5;
    const CLOSE_WAIT: u8 = 8;
    const SYN_RECV: u8 = 3;
    const NEW_SYN_RECV: u8 = 12;
    let message = payload(answer)?;
    let [_, state, _, _] = array(message, 0)?;
    let queued = u32::from_ne_bytes(array(message, 56)?);
    let has_program = u32::from_ne_bytes(array(message, 68)?) != 0;
    let can_read = match state {
        // Without a program, it has not been accepted yet.
        SYN_RECV | NEW_SYN_RECV => return Some(Seen::HasNot),
        ESTABLISHED | CLOSE_WAIT => true,
        // Without a program, it has been closed.
        FIN_WAIT1 | FIN_WAIT2 => has_program,
        _ => false,
    };
    let attributes = message.get(INET_DIAG_MSG_BYTES..)?;
    let shutdown = attribute(attributes, INET_DIAG_SHUTDOWN).and_then(|how| how.first());
    if !can_read || shutdown.is_some_and(|how| how & RCV_SHUTDOWN != 0) {
        return Some(Seen::NeverWill);
    }
    let info = attribute(attributes, INET_DIAG_INFO)?;
    let received = u64::from_ne_bytes(array(info, TCP_BYTES_RECEIVED_AT)?);
    Some(if received >= sent && queued == 0 { Seen::HasReadAll } else { Seen::HasNot })
}

/// The meaning of an answer with a `struct unix_diag_msg` about the own socket.
fn unix_seen(answer: &[u8]) -> Option<Seen> {
    let attributes = payload(answer)?.get(UNIX_DIAG_MSG_BYTES..)?;
    let shutdown = attribute(attributes, UNIX_DIAG_SHUTDOWN).and_then(|how| how.first());
    if shutdown.is_some_and(|how| how & SEND_SHUTDOWN != 0) {
        return Some(Seen::NeverWill);
    }
    let lengths = attribute(attributes, UNIX_DIAG_RQLEN)?;
    let unread = u32::from_ne_bytes(array(lengths, 4)?);
    Some(if unread == 0 { Seen::HasReadAll } else { Seen::HasNot })
}

/// What follows the header, if it is not an error.
fn payload(answer: &[u8]) -> Option<&[u8]> {
    let kind = u16::from_ne_bytes(array(answer, 4)?);
    (kind == SOCK_DIAG_BY_FAMILY).then(|| answer.get(NLMSG_HEADER_BYTES..)).flatten()
}

/// The value of the attribute with this number: `struct nlattr`, each padded to 4 bytes.
fn attribute(mut attributes: &[u8], number: u16) -> Option<&[u8]> {
    loop {
        let len = usize::from(u16::from_ne_bytes(array(attributes, 0)?));
        let value = attributes.get(4..len)?;
        if u16::from_ne_bytes(array(attributes, 2)?) == number {
            return Some(value);
        }
        attributes = attributes.get(len.next_multiple_of(4)..)?;
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::UnixStream;

    use super::*;

    #[tokio::test]
    async fn where_the_kernel_tells_nobody_a_receiver_is_waited_for_a_while_and_that_is_told() {
        let refused = Err(io::ErrorKind::PermissionDenied.into());
        let watch = Arc::new(ReadWatch { netlink: refused });
        assert!(watch.missing().unwrap().contains("sock_diag(7): permission denied"));
        let (ours, _unread) = UnixStream::pair().unwrap();
        let receiver = Receiver::of(StreamSocket::Unix(&ours), &watch).unwrap();
        let began = Instant::now();
        receiver.has_read(1).await;
        assert!(began.elapsed() >= crate::platform::READ_BY_THEN);
    }

    #[tokio::test]
    async fn where_it_tells_a_receiver_is_waited_for_until_it_has_read() {
        let watch = Arc::new(ReadWatch::open());
        assert_eq!(watch.missing(), None);
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.try_write(b"a").unwrap();
        let connection = StreamSocket::Unix(&ours);
        let receiver = Receiver::of(connection, &watch).unwrap();
        assert!(!receiver.has_read_now(1));
        let mut byte = [0];
        tokio::join!(receiver.has_read(1), async { theirs.read_exact(&mut byte).await.unwrap() });
        assert_eq!(byte, *b"a");
    }
}
