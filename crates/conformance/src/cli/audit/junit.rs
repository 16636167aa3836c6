//! An audit as JUnit: a test case for each direction of each connection, as docs/junit.xsd says.
//!
//! | direction | JUnit |
//! |---|---|
//! | keeps to the frames | a test case with nothing in it |
//! | has a mistake | `failure`, its message the first one |
//! | is not judged, or only in part | `skipped`, its message why |
//!
//! A capture that is not read to its end is an `error` of its own.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use report::xml_text;

use super::Audit;
use super::findings::{Outcome, name};
use super::human::line;

pub(super) fn write(out: &mut impl Write, audit: &Audit<'_>) -> io::Result<()> {
    let findings = audit.findings;
    let mut suite = TestSuite::new(xml_text(audit.protocol));
    suite.add_property(("capture", xml_text(audit.capture).as_str()));
    suite.add_property(("packets", &*audit.traffic.packets.to_string()));
    suite.add_property(("mistakes", &*findings.mistakes_in_all.to_string()));
    if findings.outcomes_left_out > 0 {
        suite.add_property(("left-out", &*findings.outcomes_left_out.to_string()));
    }
    for outcome in &findings.outcomes {
        suite.add_test_case(test_case(audit, outcome));
    }
    if let Some(stopped) = &audit.stopped {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("harness-error");
        status.set_message(xml_text(stopped));
        suite.add_test_case(TestCase::new("capture", status));
    }
    let mut report = Report::new("framecheck");
    if !suite.test_cases.is_empty() {
        report.add_test_suite(suite);
    }
    report.serialize(out).map_err(io::Error::other)
}

fn test_case(audit: &Audit<'_>, outcome: &Outcome) -> TestCase {
    let Outcome { about, direction, frames, mistakes, first, why } = outcome;
    let status = if *mistakes > 0 {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("fail");
        let first = first.and_then(|index| audit.findings.mistakes.get(index)).map(line);
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
    case.set_classname(xml_text(&format!("{}.{}", audit.protocol, name(*direction))));
    case.add_property(("frames", &*frames.to_string()));
    case
}
