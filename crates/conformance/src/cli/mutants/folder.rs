//! Writes `--out`: `report.json`, `junit.xml`, and the source and diff of each mutant.
//!
//! | outcome | JUnit |
//! |---|---|
//! | caught | a test case with nothing in it |
//! | survives without an explanation | `failure` |
//! | survives, and is explained or accepted | `skipped`; its message is the reason |
//! | not reached | `skipped` |

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use report::xml_text;

use super::report::{Outcome, ProgramReport, Report, Row};

/// Writes all files.
pub(super) fn write(out: &Path, report: &Report) -> io::Result<()> {
    fs::create_dir_all(out)?;
    let mut text = serde_json::to_vec_pretty(report)?;
    text.push(b'\n');
    fs::write(out.join("report.json"), text)?;
    let mut file = BufWriter::new(File::create(out.join("junit.xml"))?);
    write_junit(&mut file, report)?;
    file.flush()?;
    for row in report.rows() {
        let place = out.join("variants").join(&row.id);
        fs::create_dir_all(&place)?;
        let name = Path::new(&row.program).file_name().unwrap_or("program.py".as_ref());
        fs::write(place.join(name), &row.source)?;
        let Row { program, line, what, diff, .. } = row;
        fs::write(place.join("diff.txt"), format!("{program}:{line}: {what}\n{diff}\n"))?;
    }
    Ok(())
}

fn write_junit(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let mut made = quick_junit::Report::new("framecheck");
    for program in &report.programs {
        made.add_test_suite(suite(program, report.seed));
    }
    if !report.complaints.is_empty() {
        let mut suite = TestSuite::new("accepted survivors");
        for complaint in &report.complaints {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("unmatched").set_message(xml_text(complaint));
            suite.add_test_case(TestCase::new(xml_text(complaint), status));
        }
        made.add_test_suite(suite);
    }
    made.serialize(out).map_err(io::Error::other)
}

fn suite(program: &ProgramReport, seed: u64) -> TestSuite {
    let name = format!("{}.{}", program.scenario, program.role);
    let mut suite = TestSuite::new(xml_text(&name));
    suite.add_property(("seed", &*seed.to_string()));
    suite.add_property(("score", &*format!("{} of {}", program.caught(), program.of())));
    for row in &program.variants {
        let mut case = TestCase::new(xml_text(&row.id), status(row));
        case.set_classname(xml_text(&name));
        suite.add_test_case(case);
    }
    for (input, why) in &program.unplayed {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("harness-error").set_message(xml_text(why));
        suite.add_test_case(TestCase::new(xml_text(&format!("input {input}")), status));
    }
    suite
}

fn status(row: &Row) -> TestCaseStatus {
    match &row.outcome {
        Outcome::Caught { .. } => TestCaseStatus::success(),
        Outcome::NotReached => {
            let mut status = TestCaseStatus::skipped();
            let what = format!("no input reaches line {}", row.line);
            status.set_type("not-reached").set_message(xml_text(&what));
            status
        }
        Outcome::Survives { findings, accepted, .. } => {
            let why = accepted.iter().chain(findings).cloned().collect::<Vec<_>>().join("; ");
            let mut status = if row.is_unexplained() {
                TestCaseStatus::non_success(NonSuccessKind::Failure)
            } else {
                TestCaseStatus::skipped()
            };
            let what = if why.is_empty() { row.hint.clone() } else { why };
            status.set_type("survives");
            status.set_message(xml_text(&format!("{}: {what}", row.what)));
            if row.is_unexplained() {
                status.set_description(xml_text(&row.diff));
            }
            status
        }
    }
}
