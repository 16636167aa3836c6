//! Parts of a report for programs: JSON, and JUnit.

use layout::Direction;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus};
use report::xml_text;
use serde_json::{Map, Value, json};
use traffic::Transport;

use super::findings::{Findings, Mistake, NotJudged, Outcome, Why, name};
use super::frames::Frames;

/// The whole frames of each direction, by name.
pub(in crate::cli) fn frames_json(frames: &Frames, findings: &Findings) -> Value {
    let [to_server, to_client] = &findings.frames;
    let by_name = |counts: &[u64]| -> Map<String, Value> {
        let met = (0..).zip(counts).filter(|(_, count)| **count > 0);
        met.map(|(frame, count)| (frames.name(frame).to_owned(), json!(count))).collect()
    };
    json!({
        name(Direction::ToServer): by_name(to_server),
        name(Direction::ToClient): by_name(to_client),
    })
}

/// What was not judged for one reason.
pub(in crate::cli) fn left_out_json(why: Why, left: &NotJudged) -> Value {
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

/// A violation.
pub(in crate::cli) fn mistake_json(mistake: &Mistake) -> Value {
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

/// The result of a direction, as a JUnit test case.
pub(in crate::cli) fn test_case(
    protocol: &str,
    findings: &Findings,
    outcome: &Outcome,
    line: impl Fn(&Mistake) -> String,
) -> TestCase {
    let Outcome { about, direction, frames, mistakes, first, why } = outcome;
    let status = if *mistakes > 0 {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("fail");
        let first = first.and_then(|index| findings.mistakes.get(index)).map(line);
        status.set_message(xml_text(&first.unwrap_or_else(|| "a mistake".to_owned())));
        status.set_description(format!("{mistakes} in all, {frames} whole frames"));
        status
    } else if let Some(why) = why {
        let mut status = TestCaseStatus::skipped();
        status.set_type("not-applicable");
        status.set_message(format!("after {frames} frames: {}", why.words()));
        status
    } else {
        TestCaseStatus::success()
    };
    let id = format!("connection {}, {}", about.number, about.way(*direction));
    let mut case = TestCase::new(id, status);
    case.set_classname(xml_text(&format!("{}.{}", protocol, name(*direction))));
    case.add_property(("frames", &*frames.to_string()));
    case
}
