//! The traffic of a case, as a capture for Wireshark.
//!
//! Bytes, segment bounds and times are those of the recording. A recorder above the kernel can't see addresses,
//! ports, handshakes, sequence numbers and checksums; these are generated to match. The file says so itself. It
//! is pcapng, with one interface for each side of the recorder:
//!
//! ```text
//! interface 0   client 127.0.0.1  <->  recorder 127.0.0.2      what the client sent and received
//! interface 1                          recorder 127.0.0.2  <->  server 127.0.0.3
//! ```

mod live;
mod packets;
mod steps;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use model::case::{CaseId, Transport};
use model::event::LeftOut;
use model::observation::{Direction, Observation, WireLog};
use model::{Check, Difference, Verdict};
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::name_resolution::{
    Ipv4Record, Ipv6Record, NameResolutionBlock, Record,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness, PcapError};

pub use self::live::{LiveCapture, Side, Talk};
use self::packets::{HOSTS, Packet, Packets};
use self::steps::{Link, Step, What, steps};

/// The server's port in the capture of a scenario whose answers are frames. The dissector in docs/wireshark
/// decodes this port.
pub const FRAMED_PORT: u16 = 8080;
/// The server's port in every other capture.
pub const PLAIN_PORT: u16 = 10_080;
/// The time resolution of an interface: 10 to the power of -9 seconds.
const NANOSECONDS: u8 = 9;

/// A played case that can be written as a capture.
#[derive(Debug)]
pub struct Capture<'a> {
    /// The framing of the server's answers, in words, if they are framed.
    pub framing: Option<&'a str>,
    /// The id of the case.
    pub id: &'a CaseId,
    /// Its verdict.
    pub verdict: Verdict,
    /// The clause that its result names.
    pub clause: &'a str,
    /// What was wrong.
    pub differences: &'a [Difference],
    /// What was observed.
    pub observed: &'a Observation,
    /// The part of the observation that was not kept.
    pub left_out: Option<&'a LeftOut>,
}

impl Capture<'_> {
    /// Writes the capture. Returns the number of packets.
    ///
    /// # Errors
    ///
    /// Writing failed.
    pub fn write(&self, out: impl Write) -> io::Result<usize> {
        let mut writer = begin(
            out,
            self.about(),
            &[
                ("client-recorder", "between the client and the recorder"),
                ("recorder-server", "between the recorder and the server"),
            ],
        )?;
        writer.write_pcapng_block(names()).map_err(as_io)?;
        let packets = self.packets();
        for packet in &packets {
            writer.write_pcapng_block(block(packet)).map_err(as_io)?;
        }
        writer.get_mut().flush()?;
        Ok(packets.len())
    }

    fn packets(&self) -> Vec<Packet> {
        let mut all = self.steps();
        self.mark_partings(&mut all);
        // The first packet of each connection names the case.
        let mut named = BTreeMap::new();
        for step in &mut all {
            if named.insert((step.connection, step.link), ()).is_none() {
                step.comments.insert(0, format!("{} [{}]", self.id, self.clause));
            }
        }
        let port = if self.framing.is_some() { FRAMED_PORT } else { PLAIN_PORT };
        let mut packets = Packets::new(self.id.transport, port);
        for step in &all {
            packets.add(step);
        }
        packets.made
    }

    /// The steps of the case; those of the positive control come last.
    fn steps(&self) -> Vec<Step<'_>> {
        let is_datagram = self.id.transport.is_datagram();
        let network = &self.id.network;
        let disturbed = network.fits(is_datagram).then_some(network);
        let mut all = steps(&self.observed.wire, disturbed, is_datagram);
        if let Some(control) = &self.observed.control {
            let mut more = steps(&control.wire, None, is_datagram);
            if let Some(first) = more.first_mut() {
                first.comments.push("the positive control begins".to_owned());
            }
            all.extend(more);
        }
        all
    }

    /// Adds a comment to each packet where a stream first differs from the correct one.
    fn mark_partings(&self, all: &mut [Step<'_>]) {
        if self.id.transport.is_datagram() {
            return;
        }
        for difference in self.differences {
            let direction = match difference.check {
                Some(Check::ToServer) => Direction::ToServer,
                Some(Check::ToClient) => Direction::ToClient,
                _ => continue,
            };
            let Some(parting) = &difference.parting else { continue };
            if let Some(step) = step_at(all, &self.observed.wire, direction, parting.offset) {
                step.comments.push(difference.to_string());
            }
        }
    }

    /// The comment of the whole file.
    fn about(&self) -> String {
        let mut lines = vec![
            format!("case: {}", self.id),
            format!("verdict: {} [{}]", self.verdict.name(), self.clause),
        ];
        lines.extend(self.differences.iter().map(|difference| format!("  {difference}")));
        if let Some(left_out) = self.left_out {
            lines.push(format!("Only the first packets are here: {left_out}."));
        }
        if let Some(framing) = self.framing {
            lines.push(format!(
                "The server answers, from port {FRAMED_PORT}, in frames: {framing}."
            ));
        }
        let how = match self.id.transport {
            Transport::Unix => "Unix stream sockets, shown as TCP on loopback",
            Transport::Unixgram => "Unix datagram sockets, shown as UDP on loopback",
            Transport::None => "nothing: the scenario is one program, and there are no packets",
            Transport::Tcp4 | Transport::Tcp6 | Transport::Udp4 | Transport::Udp6 => {
                "IP on loopback; a program that only speaks IPv4 was bridged"
            }
        };
        lines.push(format!("It went over {how}."));
        lines.push(
            "Bytes, their cuts and their times are as recorded, counted from the start of the \
             case. Addresses, ports, handshakes, acknowledgements, sequence numbers and checksums \
             were made up to fit them; what the recorder itself sends is shown as recorded."
                .to_owned(),
        );
        lines.join("\n")
    }
}

/// Writes the start of a file: its comment, and its interfaces, each with a name and a description.
fn begin<W: Write>(
    out: W,
    about: String,
    interfaces: &[(&'static str, &'static str)],
) -> io::Result<PcapNgWriter<W>> {
    let mut section = SectionHeaderBlock { endianness: Endianness::Little, ..Default::default() };
    section.options = vec![
        SectionHeaderOption::UserApplication(
            concat!("framecheck ", env!("CARGO_PKG_VERSION")).into(),
        ),
        SectionHeaderOption::Comment(about.into()),
    ];
    let mut writer = PcapNgWriter::with_section_header(out, section).map_err(as_io)?;
    for (name, description) in interfaces {
        let options = vec![
            InterfaceDescriptionOption::IfName((*name).into()),
            InterfaceDescriptionOption::IfDescription((*description).into()),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ];
        let interface = InterfaceDescriptionBlock { linktype: DataLink::RAW, snaplen: 0, options };
        writer.write_pcapng_block(interface).map_err(as_io)?;
    }
    Ok(writer)
}

/// The sender's packet that contains byte `offset` of this direction.
fn step_at<'a, 'b>(
    all: &'a mut [Step<'b>],
    wire: &WireLog,
    direction: Direction,
    offset: usize,
) -> Option<&'a mut Step<'b>> {
    let near = Link::near(direction);
    let mut before = 0;
    for connection in 0..wire.connection_count() {
        for (index, step) in all.iter().enumerate() {
            if (step.connection, step.link, step.direction) != (connection, near, direction) {
                continue;
            }
            let What::Data(bytes) = step.what else { continue };
            before += bytes.len();
            if offset < before {
                return all.get_mut(index);
            }
        }
    }
    None
}

fn block(packet: &Packet) -> EnhancedPacketBlock<'_> {
    let comments = packet.comments.iter();
    EnhancedPacketBlock {
        interface_id: match packet.link {
            Link::Client => 0,
            Link::Server => 1,
        },
        timestamp: packet.at,
        original_len: u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX),
        data: Cow::Borrowed(&packet.bytes),
        options: comments
            .map(|comment| EnhancedPacketOption::Comment(Cow::Borrowed(comment)))
            .collect(),
    }
}

/// The names of the addresses.
fn names() -> NameResolutionBlock<'static> {
    let mut records = Vec::new();
    for (name, v4, v6) in HOSTS {
        let (v4, v6) = (v4.octets().to_vec(), v6.octets().to_vec());
        records.push(Record::Ipv4(Ipv4Record { ip_addr: v4.into(), names: vec![name.into()] }));
        records.push(Record::Ipv6(Ipv6Record { ip_addr: v6.into(), names: vec![name.into()] }));
    }
    NameResolutionBlock { records, options: Vec::new() }
}

fn as_io(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        other => io::Error::other(other),
    }
}
