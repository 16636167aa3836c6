//! `report.json`: the machine, the settings of the run, and every figure of every turn.

use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use crate::machine::Machine;
use crate::measure::Row;
use crate::settings::Settings;

/// Raised when the format changes in a way that would mislead a reader of the last
/// version.
const FORMAT: u32 = 1;

#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    format: u32,
    version: &'static str,
    machine: &'a Machine,
    run: Run,
    rows: &'a [Row],
}

#[derive(Debug, Serialize)]
struct Run {
    repeats: usize,
    turn_seconds: f64,
    file_bytes: u64,
    /// The size of the file that Python transfers.
    python_file_bytes: u64,
}

impl<'a> Report<'a> {
    pub(crate) fn new(machine: &'a Machine, settings: &Settings, rows: &'a [Row]) -> Self {
        let run = Run {
            repeats: settings.repeats,
            turn_seconds: settings.turn.as_secs_f64(),
            file_bytes: settings.big,
            python_file_bytes: settings.for_python,
        };
        Self { format: FORMAT, version: env!("CARGO_PKG_VERSION"), machine, run, rows }
    }

    /// Writes the report.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::example;

    #[test]
    fn every_contender_is_in_it_with_its_figures_or_why_it_has_none() {
        let (machine, rows) = (Machine::look(None, None), [example()]);
        let report = Report::new(&machine, &Settings::for_tests(), &rows);
        let report = serde_json::to_value(report).unwrap();
        let contenders = report["rows"][0]["contenders"].as_array().unwrap();
        assert_eq!(contenders.len(), 4);
        assert_eq!(contenders[0]["figures"], serde_json::json!([2.0, 4.0, 3.0]));
        assert_eq!(contenders[1]["ratio"]["median"], 2.0);
        assert_eq!(contenders[2]["met"], false);
        assert_eq!(contenders[3]["state"], "not installed");
        assert_eq!(report["machine"]["iperf3"], "not installed");
    }
}
