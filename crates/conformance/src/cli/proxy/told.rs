//! The proxy's output: a violation as soon as it is found, and the reports at the end.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use model::case::Network;
use quick_junit::{Report, TestSuite};
use report::xml_text;
use serde_json::{Value, json};
use traffic::Transport;

use super::super::ProxyArgs;
use super::super::judge_frames::{
    Mistake, counted, frame_lines, frames_json, left_out_json, mistake_json, name,
    not_judged_lines, test_case, verdict,
};
use super::shared::Found;

/// The version of the JSON's form. It changes when a reader must know of the change.
const SCHEMA: u32 = 1;

/// What was relayed, and the result.
pub(super) struct Told<'a> {
    pub(super) listening: SocketAddr,
    pub(super) to: SocketAddr,
    /// The protocol's name.
    pub(super) protocol: &'a str,
    pub(super) network: &'a Network,
    /// The path of the capture.
    pub(super) out: Option<&'a Path>,
    pub(super) found: &'a Found,
}

/// A violation in one line, with its packet if there is a capture.
pub(super) fn line(mistake: &Mistake) -> String {
    let Mistake { about, direction, wrong } = mistake;
    let way = about.way(*direction);
    let path = if wrong.path.is_empty() { "no frame" } else { &wrong.path };
    let unit = match about.transport {
        Transport::Tcp => "frame",
        Transport::Udp => "datagram",
    };
    let place = wrong.place;
    let packet = if place.packet > 0 {
        let later = if place.is_exact { "" } else { " or later" };
        format!("; packet {}, byte {} of its payload{later}", place.packet, place.byte)
    } else {
        String::new()
    };
    let last = if wrong.is_last { "; the rest of this direction is not judged" } else { "" };
    format!(
        "connection {}, {}, byte {}: {path} ({way}, {unit} {}{packet}): expected {}, found {}{last}",
        about.number,
        name(*direction),
        wrong.offset,
        wrong.frame,
        wrong.expected,
        wrong.found
    )
}

/// The comment of the capture.
pub(super) fn about_capture(args: &ProxyArgs, protocol: &str) -> String {
    let (listen, to, network) = (args.listen, args.to, &args.network);
    format!(
        "framecheck proxy --listen {listen} --to {to} --network {network}, protocol {protocol}\n\
         Addresses, bytes, their cuts and times are as the proxy saw them. Handshakes, acknowledgements, \
         sequence numbers and checksums were made up to fit them."
    )
}

impl Told<'_> {
    /// Whether there is a complete capture to find packets in.
    const fn has_packets(&self) -> bool {
        matches!(self.found.capture, Some(Ok(_)))
    }

    /// For people: what was judged and what was not. The violations were shown before.
    pub(super) fn human(&self, out: &mut impl Write) -> io::Result<()> {
        let Found { frames, findings, .. } = self.found;
        let [streams, flows] = findings.connections;
        let what = if flows > 0 {
            format!("datagrams of {}", counted(flows, "client"))
        } else {
            counted(streams, "connection")
        };
        let (listening, to, protocol) = (self.listening, self.to, self.protocol);
        let is_plain = *self.network == Network::AS_IS;
        let over = if is_plain { String::new() } else { format!(" over {}", self.network) };
        writeln!(
            out,
            "{listening} to {to}{over}: {what}, checked against the frames of {protocol}"
        )?;
        frame_lines(out, frames, findings)?;
        not_judged_lines(out, findings, self.has_packets())?;
        if let Some(first) = &self.found.first_not_served {
            let clients = counted(self.found.not_served, "client");
            writeln!(out, "  not relayed: {clients} (first: {first})")?;
        }
        if let (Some(Ok(packets)), Some(path)) = (&self.found.capture, self.out) {
            writeln!(out, "  {} in {}", counted(*packets, "packet"), path.display())?;
        }
        verdict(out, findings)?;
        out.flush()
    }

    /// For programs: one object, as described in docs/proxy.schema.json.
    pub(super) fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let Found { frames, findings, .. } = self.found;
        let [streams, flows] = findings.connections;
        let not_judged = findings.not_judged.iter();
        let not_judged: Vec<Value> =
            not_judged.map(|(why, left)| left_out_json(*why, left)).collect();
        let mistakes: Vec<Value> = findings.mistakes.iter().map(mistake_json).collect();
        let packets = self.found.capture.as_ref().and_then(|packets| packets.as_ref().ok());
        let mut told = json!({
            "schema": SCHEMA,
            "listening": self.listening,
            "to": self.to,
            "protocol": self.protocol,
            "network": self.network.to_string(),
            "capture": self.out.map(|out| out.display().to_string()),
            "packets": packets,
            "connections": {"tcp": streams, "udp": flows},
            "frames": frames_json(frames, findings),
            "directions": {
                "kept": findings.kept,
                "broken": findings.broken,
                "not_judged": findings.unknown,
                "outside": findings.outside,
            },
            "judged_bytes": findings.judged_bytes,
            "not_judged": not_judged,
            "not_passed_on": self.found.not_served,
            "mistake_count": findings.mistakes_in_all,
            "mistakes": mistakes,
        });
        if !self.has_packets() {
            without_packets(&mut told);
        }
        writeln!(out, "{told}")?;
        out.flush()
    }

    /// For CI: one test case for each direction of each connection.
    pub(super) fn junit(&self, out: &mut impl Write) -> io::Result<()> {
        let findings = &self.found.findings;
        let mut suite = TestSuite::new(xml_text(self.protocol));
        suite.add_property(("listening", &*self.listening.to_string()));
        suite.add_property(("to", &*self.to.to_string()));
        suite.add_property(("network", &*self.network.to_string()));
        suite.add_property(("mistakes", &*findings.mistakes_in_all.to_string()));
        if findings.outcomes_left_out > 0 {
            suite.add_property(("left-out", &*findings.outcomes_left_out.to_string()));
        }
        for outcome in &findings.outcomes {
            suite.add_test_case(test_case(self.protocol, findings, outcome, line));
        }
        let mut report = Report::new("framecheck");
        if !suite.test_cases.is_empty() {
            report.add_test_suite(suite);
        }
        report.serialize(&mut *out).map_err(io::Error::other)?;
        out.flush()
    }
}

/// Removes the packet numbers, which exist only with a capture.
fn without_packets(told: &mut Value) {
    for (list, place) in [("mistakes", ""), ("not_judged", "/first")] {
        let entries = told.get_mut(list).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            let Some(Value::Object(place)) = entry.pointer_mut(place) else { continue };
            for key in ["packet", "byte", "exact"] {
                place.remove(key);
            }
        }
    }
}
