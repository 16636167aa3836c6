//! An audit for programs: one object, as described in docs/audit.schema.json.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::super::judge_frames::{frames_json, left_out_json, mistake_json};
use super::Audit;

/// The version of the JSON's form. It changes when a reader must know of the change.
const SCHEMA: u32 = 1;

pub(super) fn write(out: &mut impl Write, audit: &Audit<'_>) -> io::Result<()> {
    let Audit { findings, traffic, .. } = audit;
    let [streams, flows] = findings.connections;
    let not_judged: Vec<Value> =
        findings.not_judged.iter().map(|(why, left)| left_out_json(*why, left)).collect();
    let mistakes: Vec<Value> = findings.mistakes.iter().map(mistake_json).collect();
    let told = json!({
        "schema": SCHEMA,
        "capture": audit.capture,
        "protocol": audit.protocol,
        "packets": traffic.packets,
        "connections": {"tcp": streams, "udp": flows},
        "frames": frames_json(audit.frames, findings),
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
