//! The machine and the versions of its programs, without which a figure means nothing. This
//! module only reads them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

/// The machine, and the programs whose versions matter.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    /// The load average of the last minute before the run. If it is more than a little, the
    /// figures also measure other load.
    pub(crate) load_before: String,
    pub(crate) rustc: String,
    pub(crate) python: String,
    pub(crate) iperf3: String,
}

/// Replaces the version of a missing program.
pub(crate) const NOT_INSTALLED: &str = "not installed";

impl Machine {
    pub(crate) fn look(python: Option<&Path>, iperf3: Option<&Path>) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model =
            cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
        let load = read("/proc/loadavg");
        Self {
            cpu: model.unwrap_or("unknown processor").to_owned(),
            cores: cores(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: load.split(' ').next().unwrap_or_default().to_owned(),
            rustc: version(Some("rustc")),
            python: version(python),
            iperf3: version(iperf3),
        }
    }

    /// The summary in one line.
    pub(crate) fn sentence(&self) -> String {
        let Self { cpu, cores, kernel, load_before, rustc, python, iperf3 } = self;
        format!(
            "{cpu}, {cores} cores, Linux {kernel}, load {load_before} before the run; rustc {rustc}; \
             python3 {python}; iperf3 {iperf3}"
        )
    }
}

/// How many processors this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The first line that `program --version` prints.
fn version(program: Option<impl AsRef<OsStr>>) -> String {
    let output = program.and_then(|program| Command::new(program).arg("--version").output().ok());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match text.as_deref().and_then(|text| text.lines().next()) {
        // A placeholder before the name is known.
        Some(line) => line.split_once(' ').map_or(line, |(_, version)| version).trim().to_owned(),
        None => NOT_INSTALLED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_said_to_be_not_installed() {
        let machine = Machine::look(None, Some(Path::new("/nowhere/iperf3")));
        assert_eq!(
            (machine.python.as_str(), machine.iperf3.as_str()),
            (NOT_INSTALLED, NOT_INSTALLED)
        );
        assert!(machine.sentence().contains("iperf3 not installed"));
    }

    #[test]
    fn there_is_a_processor_and_a_kernel() {
        let machine = Machine::look(None, None);
        assert!(machine.cores > 0 && !machine.kernel.is_empty());
    }
}
