//! An audit as JUnit: one test case for each direction of each connection, as described in docs/junit.xsd.
//!
//! | direction | JUnit |
//! |---|---|
//! | conforms to the frames | a test case with nothing in it |
//! | has a violation | `failure`; its message is the first violation |
//! | is not judged, or only in part | `skipped`; its message is the reason |
//!
//! If the capture can't be read to its end, this is an `error` of its own.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use report::xml_text;

use super::super::judge_frames::test_case;
use super::Audit;
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
        suite.add_test_case(test_case(audit.protocol, findings, outcome, line));
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
