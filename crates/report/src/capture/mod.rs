//! What a case said on the wire, as a capture that Wireshark opens.
//!
//! Bytes, boundaries and times are those of the recording. What a recorder above the kernel never
//! sees is made up to fit them: addresses, ports, handshakes, sequence numbers and checksums. The
//! file says so itself. It is pcapng, with an interface for each side of the recorder:
//!
//! ```text
//! interface 0   client 127.0.0.1  <->  recorder 127.0.0.2      what the client said and was given
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

/// The server's port in the capture of a scenario whose answers are frames: the one that the
/// dissector in docs/wireshark takes for theirs.
pub const FRAMED_PORT: u16 = 8080;
/// The server's port in every other capture.
pub const PLAIN_PORT: u16 = 10_080;
/// Ten to the minus ninth of a second, as an interface says it.
const NANOSECONDS: u8 = 9;

/// A case that was played, to be written as a capture.
#[derive(Debug)]
pub struct Capture<'a> {
    /// How the server's answers are framed, in words, if they are.
    pub framing: Option<&'a str>,
    /// Which case.
    pub id: &'a CaseId,
    /// How it came out.
    pub verdict: Verdict,
    /// The clause that its result names.
    pub clause: &'a str,
    /// What was not as it should be.
    pub differences: &'a [Difference],
    /// What was seen.
    pub observed: &'a Observation,
    /// What of that is not here.
    pub left_out: Option<&'a LeftOut>,
}

impl Capture<'_> {
    /// Write it, and say how many packets there are.
    ///
    /// # Errors
    /// As writing fails.
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

    /// What happened, the positive control after all else.
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

    /// Say at the packet where a stream parts from what is right that it does.
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
             were made up to fit them; what the recorder itself sends goes by what was noted of it."
                .to_owned(),
        );
        lines.join("\n")
    }
}

/// A file's beginning: what it is about, and its interfaces, each with a name and a description.
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

/// The sender's packet that has byte `offset` of what goes this way.
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

/// Who has which address.
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
