//! The program as `make bench` runs it, except for the rows that need other built
//! programs.

use std::process::Command;

use serde_json::Value;

fn bench(args: &[&str], out: &std::path::Path) -> std::io::Result<std::process::Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frame-bench"));
    command.args(args).arg("--out").arg(out).output()
}

#[test]
fn a_quick_run_has_each_row_in_its_table_its_report_and_its_plot() {
    const ROWS: [&str; 3] =
        ["frame encode, encode_head", "frame encode, FrameCodec", "frame decode, FrameCodec"];
    let out = tempfile::tempdir().unwrap();
    let output = bench(&["--quick", "--only", "frame"], out.path()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8(output.stdout).unwrap();
    let report = std::fs::read_to_string(out.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let plot = std::fs::read_to_string(out.path().join("report.svg")).unwrap();
    assert!(plot.starts_with("<svg"));
    let rows = report["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ROWS);
    for row in rows {
        let name = row["name"].as_str().unwrap();
        assert!(table.contains(name) && plot.contains(name), "{name}");
        for contender in row["contenders"].as_array().unwrap() {
            assert_eq!(contender["figures"].as_array().unwrap().len(), 2, "{name}");
        }
        assert!(row["contenders"][1]["ratio"]["median"].as_f64().unwrap() > 0.0);
        assert!(row["contenders"][1]["met"].is_boolean());
    }
    assert!(!report["machine"]["kernel"].as_str().unwrap().is_empty());
    // The sent and received files are gone.
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 2);
}

#[test]
fn a_pattern_that_no_row_is_named_by_is_wrong_usage() {
    let out = tempfile::tempdir().unwrap();
    assert_eq!(bench(&["--only", "sorting"], out.path()).unwrap().status.code(), Some(2));
}
