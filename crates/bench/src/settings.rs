//! How a run is made: its sizes and turns, where the programs are, and the files it sends.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

const MIB: u64 = 1 << 20;

/// What a run goes by.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) repeats: usize,
    /// How long a turn of those that go by time is.
    pub(crate) turn: Duration,
    /// The file that is transferred.
    pub(crate) big: u64,
    /// The one whose memory is held against the big one's.
    pub(crate) middle: u64,
    /// The one that Python transfers: at its rate the big one would take most of the run.
    pub(crate) for_python: u64,
    /// The interpreter itself, not a script that finds one.
    pub(crate) python: Option<PathBuf>,
    pub(crate) iperf3: Option<PathBuf>,
    /// Where the files are that are sent and received, on a disk.
    pub(crate) scratch: PathBuf,
}

impl Settings {
    /// Those of a run; `quick` for one that is to work, not to tell anything.
    pub(crate) fn new(quick: bool, repeats: Option<usize>, python: &Path, scratch: &Path) -> Self {
        let (turn, big, middle, for_python, usual_repeats) = if quick {
            (Duration::from_millis(100), 16 * MIB, 2 * MIB, MIB, 2)
        } else {
            (Duration::from_secs(1), 1024 * MIB, 64 * MIB, 128 * MIB, 5)
        };
        Self {
            repeats: repeats.unwrap_or(usual_repeats),
            turn,
            big,
            middle,
            for_python,
            python: interpreter(python),
            iperf3: which::which("iperf3").ok(),
            scratch: scratch.to_owned(),
        }
    }

    /// A file of so many bytes to send, made when it is first asked for.
    pub(crate) fn file(&self, size: u64) -> anyhow::Result<PathBuf> {
        let path = self.scratch.join(format!("{size}.bin"));
        if !path.exists() {
            make_file(&path, size).with_context(|| format!("cannot make {}", path.display()))?;
        }
        Ok(path)
    }

    /// An empty directory to receive in.
    pub(crate) fn receiving(&self) -> anyhow::Result<PathBuf> {
        let path = self.scratch.join("received");
        std::fs::create_dir_all(&path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        Ok(path)
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self::new(true, None, Path::new("/nowhere/python3"), Path::new("/nowhere"))
    }
}

/// One of our own programs: built, and beside this one.
pub(crate) fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe().context("cannot find myself")?;
    let path = me.with_file_name(name);
    ensure!(path.exists(), "expected {name} beside {}: `make bench` builds it", me.display());
    Ok(path)
}

/// A file of the repository that this was built in.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A size, as it is said.
pub(crate) fn shown(size: u64) -> String {
    match size {
        size if size.is_multiple_of(1 << 30) => format!("{} GiB", size >> 30),
        size if size.is_multiple_of(MIB) => format!("{} MiB", size >> 20),
        size => format!("{size} bytes"),
    }
}

/// Where a python's interpreter is. What is found by the name may be a script that looks for it, whose
/// time would count as Python's.
fn interpreter(python: &Path) -> Option<PathBuf> {
    let output = Command::new(python).args(["-c", "import sys; print(sys.executable)"]).output();
    let text =
        String::from_utf8(output.ok().filter(|output| output.status.success())?.stdout).ok()?;
    Some(PathBuf::from(text.trim()))
}

/// Write a file of pseudo-random bytes: no holes, and lines as long as chance makes them, by which the
/// reference sends a file. It stays in the page cache, which is where a server's file would be.
fn make_file(path: &Path, size: u64) -> anyhow::Result<()> {
    let mut file = std::fs::File::create(path)?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = Vec::with_capacity(1 << 20);
    let mut left = size;
    while left > 0 {
        block.clear();
        while block.len() < 1 << 20 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            block.extend_from_slice(&state.to_le_bytes());
        }
        let len = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
        let (part, _) = block.split_at(len);
        file.write_all(part)?;
        left -= len as u64;
    }
    // Else the kernel would write it to the disk during the turns.
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_size_and_no_two_blocks_alike() {
        let scratch = tempfile::tempdir().unwrap();
        let settings = Settings::new(true, None, Path::new("/nowhere"), scratch.path());
        let bytes = std::fs::read(settings.file((2 << 20) + 5).unwrap()).unwrap();
        assert_eq!(bytes.len(), (2 << 20) + 5);
        assert_ne!(bytes[..1 << 20], bytes[1 << 20..2 << 20]);
    }

    #[test]
    fn a_size_is_said_by_the_largest_unit_that_fits() {
        let sizes = [1 << 30, 64 << 20, 1 << 10];
        assert_eq!(sizes.map(shown), ["1 GiB", "64 MiB", "1024 bytes"]);
    }

    #[test]
    fn a_python_that_is_not_there_is_none() {
        assert_eq!(Settings::for_tests().python, None);
    }
}
