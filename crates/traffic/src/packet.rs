//! Finds the TCP segment or UDP datagram in the bytes of a packet. A pure function.
//!
//! `etherparse` reads the headers. Lengths may be wrong, as a packet may be captured only in part, or before
//! the network card has divided it. Checksums are not checked.

use std::net::{IpAddr, SocketAddr};

use etherparse::{
    EtherType, IpFragOffset, IpNumber, Ipv6ExtensionSlice, LaxIpv4Slice, LaxIpv6Slice, LaxNetSlice,
    LaxSlicedPacket, TcpHeaderSlice, UdpHeaderSlice,
};

/// Numbers from tcpdump.org/linktypes.html, and other numbers that some systems use for them.
mod link_type {
    pub(super) const NULL: u16 = 0;
    pub(super) const ETHERNET: u16 = 1;
    pub(super) const RAW_OF_MOST: u16 = 12;
    pub(super) const RAW_OF_OPENBSD: u16 = 14;
    pub(super) const RAW: u16 = 101;
    pub(super) const LOOP: u16 = 108;
    pub(super) const LINUX_SLL: u16 = 113;
    pub(super) const IPV4: u16 = 228;
    pub(super) const IPV6: u16 = 229;
    pub(super) const LINUX_SLL2: u16 = 276;
}

/// The longest TCP header.
const TCP_HEADER_MAX_BYTES: usize = 60;
const TCP_HEADER_MIN_BYTES: usize = 20;
const UDP_HEADER_BYTES: usize = 8;

/// The content of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Tcp(Segment<'a>),
    Udp(Datagram<'a>),
    Fragment(Fragment<'a>),
    /// Not IP, or not TCP or UDP.
    Other,
    /// A header is inconsistent or was captured only in part.
    Malformed,
}

/// The source and the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) ends: Ends,
    pub(crate) sequence: u32,
    pub(crate) acknowledged: Option<u32>,
    pub(crate) is_syn: bool,
    pub(crate) is_fin: bool,
    pub(crate) is_reset: bool,
    pub(crate) payload: &'a [u8],
    /// How many bytes at the end of the payload were not captured.
    pub(crate) missing: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Datagram<'a> {
    pub(crate) ends: Ends,
    pub(crate) payload: &'a [u8],
    pub(crate) missing: usize,
}

/// A part of an IP packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fragment<'a> {
    pub(crate) key: FragmentKey,
    pub(crate) offset: IpFragOffset,
    pub(crate) has_more: bool,
    pub(crate) payload: &'a [u8],
    pub(crate) is_whole: bool,
}

/// Identifies the IP packet of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FragmentKey {
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    pub(crate) identification: u32,
    pub(crate) protocol: IpNumber,
}

/// A packet without its link header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unlinked<'a> {
    /// The kind of its content. `None` is IP, whose version is in its own header.
    kind: Option<EtherType>,
    pub(crate) bytes: &'a [u8],
    /// Whether it goes out or comes in, if the link header says so.
    pub(crate) way: Option<Way>,
}

/// The direction of a packet, seen from the capturing machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Out,
    In,
}

/// Removes the link header. `Err` is an unsupported link type, `None` an incomplete header.
pub(crate) fn unlink(link: u16, bytes: &[u8]) -> Result<Option<Unlinked<'_>>, u16> {
    let ip = |skipped: usize| {
        bytes.get(skipped..).map(|bytes| Unlinked { kind: None, bytes, way: None })
    };
    Ok(match link {
        link_type::NULL | link_type::LOOP => ip(4),
        link_type::RAW
        | link_type::RAW_OF_MOST
        | link_type::RAW_OF_OPENBSD
        | link_type::IPV4
        | link_type::IPV6 => ip(0),
        link_type::ETHERNET => bytes.split_at_checked(12).and_then(|(_, rest)| typed(rest, None)),
        // Packet type, hardware, an address of ten bytes, type of the content.
        link_type::LINUX_SLL => bytes.split_at_checked(14).and_then(|(head, rest)| {
            let &[_, kind, ..] = head else { return None };
            typed(rest, way(kind))
        }),
        // Type of the content, interface, hardware, packet type, an address of eight bytes and its length.
        link_type::LINUX_SLL2 => bytes.split_first_chunk::<20>().map(|(head, bytes)| {
            let &[high, low, _, _, _, _, _, _, _, _, kind, ..] = head;
            let ether_type = EtherType(u16::from_be_bytes([high, low]));
            Unlinked { kind: Some(ether_type), bytes, way: way(kind) }
        }),
        other => return Err(other),
    })
}

/// A content that begins with its type.
fn typed(bytes: &[u8], way: Option<Way>) -> Option<Unlinked<'_>> {
    let (kind, bytes) = bytes.split_first_chunk()?;
    Some(Unlinked { kind: Some(EtherType(u16::from_be_bytes(*kind))), bytes, way })
}

/// The direction from the packet type in Linux' cooked headers.
const fn way(kind: u8) -> Option<Way> {
    match kind {
        0 => Some(Way::In),
        4 => Some(Way::Out),
        _ => None,
    }
}

/// The content of a packet; `missing` bytes of it were not captured.
pub(crate) fn content(packet: Unlinked<'_>, missing: usize) -> Content<'_> {
    let sliced = match packet.kind {
        Some(kind) => LaxSlicedPacket::from_ether_type(kind, packet.bytes),
        None => match LaxSlicedPacket::from_ip(packet.bytes) {
            Ok(sliced) => sliced,
            Err(_) => return Content::Malformed,
        },
    };
    match sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => of_v4(&ip, missing),
        Some(LaxNetSlice::Ipv6(ip)) => of_v6(&ip, missing),
        Some(LaxNetSlice::Arp(_)) => Content::Other,
        None if sliced.stop_err.is_some() => Content::Malformed,
        None => Content::Other,
    }
}

fn of_v4<'a>(ip: &LaxIpv4Slice<'a>, missing: usize) -> Content<'a> {
    let header = ip.header();
    let payload = ip.payload();
    let extension = ip.extensions().auth.map_or(0, |auth| auth.slice().len());
    let there = header.slice().len() + extension + payload.payload.len();
    let told = usize::from(header.total_len());
    let (from, to) = (header.source_addr().into(), header.destination_addr().into());
    // A packet that the network card must divide may have no length.
    let missing = if told == 0 { missing } else { told.saturating_sub(there) };
    if ip.is_payload_fragmented() {
        return Content::Fragment(Fragment {
            key: FragmentKey {
                from,
                to,
                identification: header.identification().into(),
                protocol: payload.ip_number,
            },
            offset: header.fragments_offset(),
            has_more: header.more_fragments(),
            payload: payload.payload,
            is_whole: missing == 0,
        });
    }
    transported(from, to, payload.ip_number, payload.payload, missing)
}

fn of_v6<'a>(ip: &LaxIpv6Slice<'a>, missing: usize) -> Content<'a> {
    let header = ip.header();
    let payload = ip.payload();
    let there = ip.extensions().slice().len() + payload.payload.len();
    let told = usize::from(header.payload_length());
    let (from, to) = (header.source_addr().into(), header.destination_addr().into());
    let missing = if told == 0 { missing } else { told.saturating_sub(there) };
    if ip.is_payload_fragmented() {
        let part = ip.extensions().clone().into_iter().find_map(|extension| match extension {
            Ipv6ExtensionSlice::Fragment(part) => Some(part),
            _ => None,
        });
        let Some(part) = part else { return Content::Malformed };
        return Content::Fragment(Fragment {
            key: FragmentKey {
                from,
                to,
                identification: part.identification(),
                protocol: payload.ip_number,
            },
            offset: part.fragment_offset(),
            has_more: part.more_fragments(),
            payload: payload.payload,
            is_whole: missing == 0,
        });
    }
    transported(from, to, payload.ip_number, payload.payload, missing)
}

/// The content of an IP packet.
pub(crate) fn transported(
    from: IpAddr,
    to: IpAddr,
    protocol: IpNumber,
    bytes: &[u8],
    missing: usize,
) -> Content<'_> {
    let content = match protocol {
        IpNumber::TCP => tcp(from, to, bytes, missing).map(Content::Tcp),
        IpNumber::UDP => udp(from, to, bytes, missing).map(Content::Udp),
        _ => Some(Content::Other),
    };
    content.unwrap_or(Content::Malformed)
}

fn tcp(from: IpAddr, to: IpAddr, bytes: &[u8], missing: usize) -> Option<Segment<'_>> {
    // Its options may not have been captured. They are not read.
    let mut head = [0; TCP_HEADER_MAX_BYTES];
    let there = bytes.len().min(TCP_HEADER_MAX_BYTES);
    head.get_mut(..there)?.copy_from_slice(bytes.get(..there)?);
    let header = TcpHeaderSlice::from_slice(&head).ok()?;
    let header_bytes = header.slice().len();
    let cut = header_bytes.saturating_sub(bytes.len());
    if bytes.len() < TCP_HEADER_MIN_BYTES || cut > missing {
        return None;
    }
    Some(Segment {
        ends: Ends {
            from: SocketAddr::new(from, header.source_port()),
            to: SocketAddr::new(to, header.destination_port()),
        },
        sequence: header.sequence_number(),
        acknowledged: header.ack().then(|| header.acknowledgment_number()),
        is_syn: header.syn(),
        is_fin: header.fin(),
        is_reset: header.rst(),
        payload: bytes.get(header_bytes..).unwrap_or_default(),
        missing: missing - cut,
    })
}

fn udp(from: IpAddr, to: IpAddr, bytes: &[u8], missing: usize) -> Option<Datagram<'_>> {
    let header = UdpHeaderSlice::from_slice(bytes).ok()?;
    let rest = bytes.get(UDP_HEADER_BYTES..)?;
    // Length 0 means all remaining bytes.
    let told = match usize::from(header.length()) {
        0 => rest.len() + missing,
        length => length.checked_sub(UDP_HEADER_BYTES)?,
    };
    let payload = rest.get(..told).unwrap_or(rest);
    Some(Datagram {
        ends: Ends {
            from: SocketAddr::new(from, header.source_port()),
            to: SocketAddr::new(to, header.destination_port()),
        },
        payload,
        missing: told - payload.len(),
    })
}
