//! Brings up the loopback interface of a new network namespace, by rtnetlink(7). It is down at first.

use std::io;
use std::net::IpAddr;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

/// The loopback interface has this index in every namespace.
const LOOPBACK: u32 = 1;

// linux/netlink.h
const NLMSG_HEADER_BYTES: usize = 16;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLM_F_EXCL: u16 = 0x200;
const NLM_F_CREATE: u16 = 0x400;
// linux/rtnetlink.h
const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
// linux/if.h
const IFF_UP: u32 = 1;
// linux/if_addr.h
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_F_NODAD: u8 = 2;

/// Brings the loopback interface of this thread's namespace up, and gives it one more address.
///
/// # Errors
/// The kernel refuses.
pub(super) fn bring_up(more: Option<IpAddr>) -> io::Result<()> {
    // struct ifinfomsg: family, padding, type, index, flags, and which flags change.
    let mut link = vec![0; 4];
    for number in [LOOPBACK, IFF_UP, IFF_UP] {
        link.extend(number.to_ne_bytes());
    }
    ask(RTM_NEWLINK, 0, &link)?;
    let Some(ip) = more else { return Ok(()) };
    let (family, bytes) = match ip {
        IpAddr::V4(v4) => (AddressFamily::INET, v4.octets().to_vec()),
        IpAddr::V6(v6) => (AddressFamily::INET6, v6.octets().to_vec()),
    };
    // struct ifaddrmsg: family, length of the prefix, flags, scope, index.
    let family = u8::try_from(family.as_raw()).map_err(io::Error::other)?;
    let bits = u8::try_from(bytes.len() * 8).map_err(io::Error::other)?;
    let mut address = vec![family, bits, IFA_F_NODAD, 0];
    address.extend(LOOPBACK.to_ne_bytes());
    for kind in [IFA_LOCAL, IFA_ADDRESS] {
        let len = u16::try_from(4 + bytes.len()).map_err(io::Error::other)?;
        address.extend(len.to_ne_bytes());
        address.extend(kind.to_ne_bytes());
        address.extend(&bytes);
    }
    ask(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &address)
}

/// Sends a request to the kernel, and waits for its acknowledgement.
fn ask(what: u16, flags: u16, body: &[u8]) -> io::Result<()> {
    // NETLINK_ROUTE is 0, which is the default protocol.
    let netlink = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    let len = u32::try_from(NLMSG_HEADER_BYTES + body.len()).map_err(io::Error::other)?;
    let mut message = len.to_ne_bytes().to_vec();
    message.extend(what.to_ne_bytes());
    message.extend((NLM_F_REQUEST | NLM_F_ACK | flags).to_ne_bytes());
    message.extend([0; 8]); // sequence and port: this socket asks once
    message.extend(body);
    sendto(&netlink, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0; 1024];
    let (_, len) = recv(&netlink, &mut answer[..], RecvFlags::empty())?;
    // struct nlmsgerr: the error's number, negative, or 0.
    let error = answer.get(NLMSG_HEADER_BYTES..len).and_then(|it| it.first_chunk().copied());
    match error.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(error) => Err(io::Error::from_raw_os_error(-error)),
        None => Err(Errno::PROTO.into()),
    }
}
