//! Why a capture can't be read, and where it stops.

use std::io::ErrorKind;

/// The longest record that is read. A packet of Linux has at most 512 KiB.
pub(crate) const RECORD_MAX_BYTES: u32 = 1 << 20;
/// The most interfaces of a section.
pub(crate) const INTERFACES_MAX: usize = 4096;

/// Why a capture can't be read, or not further. Offsets count from the file's first byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// The file can't be read.
    #[error("at offset {offset}: reading failed: {kind}")]
    Read {
        /// How far it was read.
        offset: u64,
        /// What the system said.
        kind: ErrorKind,
    },
    /// The file is something else.
    #[error("expected a pcap or pcapng file, found a file that begins with {found:02x?}")]
    NotACapture {
        /// Its first bytes, at most four.
        found: Vec<u8>,
    },
    /// The file has a record that makes no sense. What comes behind it can't be found.
    #[error("packet {packet}, at offset {offset}: {what}")]
    Damaged {
        /// The number that its packet would have, from 1.
        packet: u64,
        /// Where the record begins.
        offset: u64,
        /// What is wrong with it.
        what: Damage,
    },
    /// The packets have headers of a kind that is not read.
    #[error(
        "packet {packet}, at offset {offset}: expected Ethernet, Linux cooked, raw IP or loopback \
         packets, found link type {link_type}"
    )]
    LinkType {
        /// The packet's number, from 1.
        packet: u64,
        /// Where its record begins.
        offset: u64,
        /// The number in the list of tcpdump.org/linktypes.html.
        link_type: u16,
    },
}

/// What makes no sense in a record of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The record says that it is too long, too short, or not a multiple of four.
    #[error("expected a record of at most {RECORD_MAX_BYTES} bytes, found a length of {0}")]
    Length(u32),
    /// A block of pcapng has another length at its end.
    #[error("expected the block's length at its end, found another")]
    Lengths,
    /// A block's content contradicts itself.
    #[error("expected a sound block, found one whose content doesn't fit into it")]
    Content,
    /// A packet names an interface that nothing describes.
    #[error("expected an interface that was described, found {0}")]
    Interface(u32),
    /// More interfaces than can be.
    #[error("expected at most {INTERFACES_MAX} interfaces in a section, found more")]
    Interfaces,
    /// A section header without a byte order.
    #[error("expected a byte order in the section header, found none")]
    ByteOrder,
}

/// Where a capture stops in the middle of a record, because recording was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutShort {
    /// The number that the packet would have, from 1.
    pub packet: u64,
    /// Where its record begins in the file.
    pub offset: u64,
}
