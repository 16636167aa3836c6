//! Reads the packets of pcap and pcapng files, one after another.
//!
//! It divides the file into records and keeps one at a time. `pcap-parser` parses the records. A record without
//! a packet is skipped and never stored.
//!
//! ```text
//! pcap     header (24 bytes), then records: seconds, fraction, captured, original, bytes
//! pcapng   blocks: type, length, content, length; a section header block gives the byte order
//! ```

use std::io::{self, BufReader, Read};
use std::time::Duration;

use pcap_parser::pcapng::{Block, InterfaceDescriptionBlock, OptionCode};
use pcap_parser::{
    parse_block_be, parse_block_le, parse_pcap_frame, parse_pcap_frame_be,
    parse_pcap_frame_modified, parse_pcap_header,
};

use crate::error::{CaptureError, CutShort, Damage, INTERFACES_MAX, RECORD_MAX_BYTES};

const READ_AHEAD_BYTES: usize = 64 << 10;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// The type and length of a block, and four more bytes: the shortest block.
const BLOCK_HEAD_BYTES: usize = 12;
const PCAP_HEADER_BYTES: usize = 24;
const RECORD_HEAD_BYTES: usize = 16;

/// A packet as the file has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawPacket<'a> {
    pub(crate) number: u64,
    pub(crate) time: Option<Duration>,
    pub(crate) link_type: u16,
    /// The offset of its record in the file.
    pub(crate) offset: u64,
    /// How many bytes of the packet the file lacks.
    pub(crate) missing: usize,
    pub(crate) bytes: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
struct Interface {
    link_type: u16,
    snap_bytes: u32,
    units: Units,
    offset_s: i64,
}

/// How many units per second the times of an interface have.
#[derive(Debug, Clone, Copy)]
struct Units(u64);

impl Units {
    /// A power of ten, or of two if the highest bit is set.
    fn new(resolution: u8) -> Self {
        let power = u32::from(resolution & 0x7F);
        let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
        Self(base.checked_pow(power).unwrap_or(u64::MAX))
    }

    fn time(self, ticks: u64, offset_s: i64) -> Option<Duration> {
        let part = u128::from(ticks % self.0) * 1_000_000_000 / u128::from(self.0);
        let seconds = (ticks / self.0).checked_add_signed(offset_s)?;
        Some(Duration::new(seconds, u32::try_from(part).ok()?))
    }
}

#[derive(Debug)]
enum Format {
    Pcap { is_big_endian: bool, is_modified: bool, interface: Interface },
    PcapNg { is_big_endian: bool, interfaces: Vec<Interface> },
}

/// A capture that is being read.
#[derive(Debug)]
pub(crate) struct Capture<R> {
    input: BufReader<R>,
    format: Format,
    /// The offset of the next record.
    offset: u64,
    packets: u64,
    record: Vec<u8>,
    /// Whether the record was used, so that the next one may replace it.
    is_used: bool,
    cut_short: Option<CutShort>,
}

impl<R: Read> Capture<R> {
    pub(crate) fn new(input: R) -> Result<Self, CaptureError> {
        let format = Format::PcapNg { is_big_endian: false, interfaces: Vec::new() };
        let input = BufReader::with_capacity(READ_AHEAD_BYTES, input);
        let mut capture = Self {
            input,
            format,
            offset: 0,
            packets: 0,
            record: Vec::new(),
            is_used: false,
            cut_short: None,
        };
        capture.read_to(4)?;
        let is_ng = capture.record == SECTION_HEADER.to_le_bytes();
        capture.read_to(if is_ng { BLOCK_HEAD_BYTES } else { PCAP_HEADER_BYTES })?;
        if is_ng {
            return Ok(capture);
        }
        let Ok((_, header)) = parse_pcap_header(&capture.record) else {
            capture.record.truncate(4);
            return Err(CaptureError::NotACapture { found: capture.record });
        };
        let digits = if header.is_nanosecond_precision() { 9 } else { 6 };
        let interface = Interface {
            link_type: low_16(header.network.0),
            snap_bytes: header.snaplen,
            units: Units::new(digits),
            offset_s: 0,
        };
        capture.format = Format::Pcap {
            is_big_endian: header.is_bigendian(),
            is_modified: header.is_modified_format(),
            interface,
        };
        capture.finish_record();
        Ok(capture)
    }

    /// The number of packets so far.
    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// Where the file ends inside a record, if it was read to its end.
    pub(crate) fn cut_short(&self) -> Option<CutShort> {
        self.cut_short
    }

    /// The next packet. `None` at the file's end.
    pub(crate) fn next(&mut self) -> Result<Option<RawPacket<'_>>, CaptureError> {
        if self.cut_short.is_some() {
            return Ok(None);
        }
        match &self.format {
            &Format::Pcap { is_big_endian, is_modified, interface } => {
                self.next_of_pcap(is_big_endian, is_modified, interface)
            }
            Format::PcapNg { .. } => self.next_of_pcapng(),
        }
    }

    fn next_of_pcap(
        &mut self,
        is_big_endian: bool,
        is_modified: bool,
        interface: Interface,
    ) -> Result<Option<RawPacket<'_>>, CaptureError> {
        let head = if is_modified { RECORD_HEAD_BYTES + 8 } else { RECORD_HEAD_BYTES };
        if !self.read_to(head)? {
            return Ok(self.stop());
        }
        let captured = self.number_at(8, is_big_endian);
        if captured > RECORD_MAX_BYTES {
            return Err(self.damaged(Damage::Length(captured)));
        }
        if !self.read_to(head + to_size(captured))? {
            return Ok(self.stop());
        }
        let offset = self.finish_record();
        self.packets += 1;
        let parse = match (is_modified, is_big_endian) {
            (true, _) => parse_pcap_frame_modified,
            (false, true) => parse_pcap_frame_be,
            (false, false) => parse_pcap_frame,
        };
        let number = self.packets;
        let Ok((_, frame)) = parse(&self.record) else {
            return Err(CaptureError::Damaged { packet: number, offset, what: Damage::Content });
        };
        let fraction = Duration::from_secs(frame.ts_usec.into());
        let fraction = fraction / u32::try_from(interface.units.0).unwrap_or(u32::MAX);
        Ok(Some(RawPacket {
            number,
            time: Some(Duration::from_secs(frame.ts_sec.into()) + fraction),
            link_type: interface.link_type,
            offset,
            missing: to_size(frame.origlen.saturating_sub(frame.caplen)),
            bytes: frame.data,
        }))
    }

    fn next_of_pcapng(&mut self) -> Result<Option<RawPacket<'_>>, CaptureError> {
        loop {
            if !self.read_to(BLOCK_HEAD_BYTES)? {
                return Ok(self.stop());
            }
            let Some((kind, length)) = self.block_head()? else { continue };
            match kind {
                SECTION_HEADER | INTERFACE_DESCRIPTION => {
                    if !self.read_to(to_size(length))? {
                        return Ok(self.stop());
                    }
                    self.learn()?;
                    self.finish_record();
                }
                SIMPLE_PACKET | ENHANCED_PACKET => {
                    if !self.read_to(to_size(length))? {
                        return Ok(self.stop());
                    }
                    return self.packet_of_block().map(Some);
                }
                _ if !self.skip(length)? => return Ok(self.stop()),
                _ => {}
            }
        }
    }

    /// The type and length of the next block. A section header also gives the byte order.
    fn block_head(&mut self) -> Result<Option<(u32, u32)>, CaptureError> {
        let Format::PcapNg { is_big_endian, interfaces } = &mut self.format else {
            return Ok(None);
        };
        let is_section = self.record.starts_with(&SECTION_HEADER.to_le_bytes());
        if is_section {
            interfaces.clear();
            match self.record.get(8..12) {
                Some([0x4D, 0x3C, 0x2B, 0x1A]) => *is_big_endian = false,
                Some([0x1A, 0x2B, 0x3C, 0x4D]) => *is_big_endian = true,
                _ => return Err(self.damaged(Damage::ByteOrder)),
            }
        }
        let is_big_endian = *is_big_endian;
        let (kind, length) = (self.number_at(0, is_big_endian), self.number_at(4, is_big_endian));
        let is_kept = matches!(
            kind,
            SECTION_HEADER | INTERFACE_DESCRIPTION | SIMPLE_PACKET | ENHANCED_PACKET
        );
        let is_long = is_kept && length > RECORD_MAX_BYTES;
        if is_long || to_size(length) < BLOCK_HEAD_BYTES || length % 4 != 0 {
            return Err(self.damaged(Damage::Length(length)));
        }
        Ok(Some((kind, length)))
    }

    /// Handles a section header or an interface description.
    fn learn(&mut self) -> Result<(), CaptureError> {
        let learnt = match self.block()? {
            Block::InterfaceDescription(interface) => Some(Interface {
                link_type: low_16(interface.linktype.0),
                snap_bytes: interface.snaplen,
                units: Units::new(interface.if_tsresol),
                offset_s: self.time_offset(&interface),
            }),
            _ => None,
        };
        if let (Some(interface), Format::PcapNg { interfaces, .. }) = (learnt, &mut self.format) {
            if interfaces.len() == INTERFACES_MAX {
                return Err(self.damaged(Damage::Interfaces));
            }
            interfaces.push(interface);
        }
        Ok(())
    }

    /// The seconds to add to an interface's times. (`pcap-parser` reads them as little-endian.)
    fn time_offset(&self, interface: &InterfaceDescriptionBlock<'_>) -> i64 {
        let mut options = interface.options.iter();
        let option = options.find(|option| option.code == OptionCode::IfTsoffset);
        let bytes = option.and_then(|option| option.value.first_chunk::<8>()).copied();
        let bytes = bytes.unwrap_or_default();
        if self.is_big_endian() { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) }
    }

    fn is_big_endian(&self) -> bool {
        match self.format {
            Format::Pcap { is_big_endian, .. } | Format::PcapNg { is_big_endian, .. } => {
                is_big_endian
            }
        }
    }

    fn packet_of_block(&mut self) -> Result<RawPacket<'_>, CaptureError> {
        let start = self.offset;
        let (interface_id, ticks, captured, original) = match self.block()? {
            Block::EnhancedPacket(packet) => {
                let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                (packet.if_id, Some(ticks), packet.caplen, packet.origlen)
            }
            Block::SimplePacket(packet) => (0, None, packet.origlen, packet.origlen),
            _ => return Err(self.damaged(Damage::Content)),
        };
        let Some(interface) = self.interface(interface_id) else {
            return Err(self.damaged(Damage::Interface(interface_id)));
        };
        // A simple packet has as many bytes as the interface captures.
        let is_snapped = ticks.is_none() && interface.snap_bytes != 0;
        let captured = if is_snapped { captured.min(interface.snap_bytes) } else { captured };
        let head = if ticks.is_some() { 28 } else { 12 };
        if self.record.len() < head + to_size(captured) + 4 {
            return Err(self.damaged(Damage::Content));
        }
        self.finish_record();
        self.packets += 1;
        Ok(RawPacket {
            number: self.packets,
            time: ticks.and_then(|ticks| interface.units.time(ticks, interface.offset_s)),
            link_type: interface.link_type,
            offset: start,
            missing: to_size(original.saturating_sub(captured)),
            bytes: self.record.get(head..head + to_size(captured)).unwrap_or_default(),
        })
    }

    fn interface(&self, id: u32) -> Option<Interface> {
        match &self.format {
            Format::PcapNg { interfaces, .. } => interfaces.get(to_size(id)).copied(),
            Format::Pcap { interface, .. } => Some(*interface),
        }
    }

    /// The whole block in memory.
    fn block(&self) -> Result<Block<'_>, CaptureError> {
        let is_big_endian = self.is_big_endian();
        let last = self.record.len().saturating_sub(4);
        if self.number_at(4, is_big_endian) != self.number_at(last, is_big_endian) {
            return Err(self.damaged(Damage::Lengths));
        }
        let parse = if is_big_endian { parse_block_be } else { parse_block_le };
        match parse(&self.record) {
            Ok((_, block)) => Ok(block),
            Err(_) => Err(self.damaged(Damage::Content)),
        }
    }

    /// Reads until the record has `length` bytes. Returns `false` at the file's end.
    fn read_to(&mut self, length: usize) -> Result<bool, CaptureError> {
        if std::mem::take(&mut self.is_used) {
            self.record.clear();
        }
        let more = length.saturating_sub(self.record.len());
        let limit = u64::try_from(more).unwrap_or(u64::MAX);
        match self.input.by_ref().take(limit).read_to_end(&mut self.record) {
            Ok(read) => Ok(read == more),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Marks the record as used. Returns its offset.
    fn finish_record(&mut self) -> u64 {
        let start = self.offset;
        self.offset += u64::try_from(self.record.len()).unwrap_or_default();
        self.is_used = true;
        start
    }

    /// Skips the current block. Returns `false` at the file's end.
    fn skip(&mut self, length: u32) -> Result<bool, CaptureError> {
        let more = u64::from(length) - u64::try_from(BLOCK_HEAD_BYTES).unwrap_or_default();
        match io::copy(&mut self.input.by_ref().take(more), &mut io::sink()) {
            Ok(read) if read == more => {
                self.record.clear();
                self.offset += u64::from(length);
                Ok(true)
            }
            Ok(_) => Ok(false),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The file ends here, perhaps inside a record.
    fn stop(&mut self) -> Option<RawPacket<'_>> {
        if !self.record.is_empty() {
            self.cut_short = Some(CutShort { packet: self.packets + 1, offset: self.offset });
        }
        None
    }

    fn number_at(&self, at: usize, is_big_endian: bool) -> u32 {
        let bytes = self.record.get(at..).and_then(|bytes| bytes.first_chunk::<4>());
        let bytes = bytes.copied().unwrap_or_default();
        if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    fn failed(&self, error: &io::Error) -> CaptureError {
        let read = u64::try_from(self.record.len()).unwrap_or_default();
        CaptureError::Read { offset: self.offset + read, kind: error.kind() }
    }

    fn damaged(&self, what: Damage) -> CaptureError {
        CaptureError::Damaged { packet: self.packets + 1, offset: self.offset, what }
    }
}

fn to_size(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// The link type. The upper half is the length of a frame's checksum.
fn low_16(link_type: i32) -> u16 {
    u16::try_from(link_type & 0xFFFF).unwrap_or_default()
}
