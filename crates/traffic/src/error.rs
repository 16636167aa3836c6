//! Why a capture can't be read, and where it ends early.

use std::io::ErrorKind;

/// The longest record that is read, in bytes. A packet of Linux has at most 512 KiB.
pub(crate) const RECORD_MAX_BYTES: u32 = 1 << 20;
/// The maximum number of interfaces of a section.
pub(crate) const INTERFACES_MAX: usize = 4096;

/// Why a capture can't be read to its end. Offsets count from the file's first byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// The file can't be read.
    #[error("at offset {offset}: reading failed: {kind}")]
    Read {
        /// The offset of the failed read.
        offset: u64,
        /// The system's error.
        kind: ErrorKind,
    },
    /// The file is not a capture.
    #[error("expected a pcap or pcapng file, found a file that begins with {found:02x?}")]
    NotACapture {
        /// Its first bytes, at most four.
        found: Vec<u8>,
    },
    /// A record of the file is invalid, so the next record can't be found.
    #[error("packet {packet}, at offset {offset}: {what}")]
    Damaged {
        /// The number of its packet, from 1.
        packet: u64,
        /// The offset of the record.
        offset: u64,
        /// What is wrong with it.
        what: Damage,
    },
    /// The packets have a link type that is not supported.
    #[error(
        "packet {packet}, at offset {offset}: expected Ethernet, Linux cooked, raw IP or loopback \
         packets, found link type {link_type}"
    )]
    LinkType {
        /// The packet's number, from 1.
        packet: u64,
        /// The offset of its record.
        offset: u64,
        /// The number in the list of tcpdump.org/linktypes.html.
        link_type: u16,
    },
}

/// Why a record of a capture is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The record's length is too large, too small, or not a multiple of four.
    #[error("expected a record of at most {RECORD_MAX_BYTES} bytes, found a length of {0}")]
    Length(u32),
    /// The two lengths of a pcapng block differ.
    #[error("expected the block's length at its end, found another")]
    Lengths,
    /// The content of a block is inconsistent.
    #[error("expected a valid block, found one whose content doesn't fit into it")]
    Content,
    /// A packet names an undefined interface.
    #[error("expected a described interface, found {0}")]
    Interface(u32),
    /// There are too many interfaces.
    #[error("expected at most {INTERFACES_MAX} interfaces in a section, found more")]
    Interfaces,
    /// A section header without a byte order.
    #[error("expected a byte order in the section header, found none")]
    ByteOrder,
}

/// Where a capture ends inside a record, because recording was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutShort {
    /// The number of the packet, from 1.
    pub packet: u64,
    /// The offset of its record in the file.
    pub offset: u64,
}
