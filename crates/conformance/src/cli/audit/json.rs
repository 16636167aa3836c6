//! An audit for programs: one object, as docs/audit.schema.json says.

use std::io::{self, Write};

use layout::Direction;
use serde_json::{Map, Value, json};
use traffic::Transport;

use super::Audit;
use super::findings::{Mistake, NotJudged, Why, name};

/// The number of the form. It changes with what a reader has to know.
const SCHEMA: u32 = 1;

pub(super) fn write(out: &mut impl Write, audit: &Audit<'_>) -> io::Result<()> {
    let Audit { findings, traffic, .. } = audit;
    let [streams, flows] = findings.connections;
    let [to_server, to_client] = &findings.frames;
    let not_judged: Vec<Value> =
        findings.not_judged.iter().map(|(why, left)| left_out(*why, left)).collect();
    let mistakes: Vec<Value> = findings.mistakes.iter().map(mistake).collect();
    let told = json!({
        "schema": SCHEMA,
        "capture": audit.capture,
        "protocol": audit.protocol,
        "packets": traffic.packets,
        "connections": {"tcp": streams, "udp": flows},
        "frames": {
            name(Direction::ToServer): frames(audit, to_server),
            name(Direction::ToClient): frames(audit, to_client),
        },
        "directions": {
            "kept": findings.kept,
            "broken": findings.broken,
            "not_judged": findings.unknown,
            "outside": findings.outside,
        },
        "judged_bytes": findings.judged_bytes,
        "not_judged": not_judged,
        "left_out": {
            "other": traffic.other,
            "malformed": traffic.malformed,
            "filtered": traffic.filtered,
            "copies": traffic.copies,
            "fragments": traffic.fragments,
            "out_of_window": traffic.out_of_window,
        },
        "cut_short": traffic.cut_short.map(|cut| cut.packet),
        "stopped": audit.stopped,
        "mistake_count": findings.mistakes_in_all,
        "mistakes": mistakes,
    });
    writeln!(out, "{told}")
}

fn frames(audit: &Audit<'_>, counts: &[u64]) -> Map<String, Value> {
    let frames = (0..).zip(counts).filter(|(_, count)| **count > 0);
    frames.map(|(frame, count)| (audit.frames.name(frame).to_owned(), json!(count))).collect()
}

fn left_out(why: Why, left: &NotJudged) -> Value {
    let NotJudged { directions, bytes, packet, about, direction } = left;
    json!({
        "why": why,
        "what": why.words(),
        "directions": directions,
        "bytes": bytes,
        "first": {
            "packet": packet,
            "connection": about.number,
            "client": about.client,
            "server": about.server,
            "direction": name(*direction),
        },
    })
}

fn mistake(mistake: &Mistake) -> Value {
    let Mistake { about, direction, wrong } = mistake;
    let transport = match about.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    };
    json!({
        "packet": wrong.place.packet,
        "byte": wrong.place.byte,
        "exact": wrong.place.is_exact,
        "connection": about.number,
        "transport": transport,
        "client": about.client,
        "server": about.server,
        "direction": name(*direction),
        "offset": wrong.offset,
        "frame": wrong.frame,
        "path": wrong.path,
        "expected": wrong.expected,
        "found": wrong.found,
    })
}
