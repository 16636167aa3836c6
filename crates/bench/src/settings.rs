//! The settings of a run: its sizes and turns, the paths of the programs, and the files it sends.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

const MIB: u64 = 1 << 20;

/// The settings of a run.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) repeats: usize,
    /// The length of a turn that lasts a fixed time.
    pub(crate) turn: Duration,
    /// The size of the transferred file.
    pub(crate) big: u64,
    /// The size of the small file, whose memory is compared with the big file's.
    pub(crate) middle: u64,
    /// The size of the file that Python transfers. At Python's rate the big file would take most of
    /// the run.
    pub(crate) for_python: u64,
    /// The interpreter itself, not a script that finds one.
    pub(crate) python: Option<PathBuf>,
    pub(crate) iperf3: Option<PathBuf>,
    /// The directory of the sent and received files, on a disk.
    pub(crate) scratch: PathBuf,
}

impl Settings {
    /// The settings of a run. With `quick`, the run only tests that the benchmark works.
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

    /// A file of this size to send, made at the first call.
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

/// One of our own programs, built, in the directory of this one.
pub(crate) fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe().context("cannot find myself")?;
    let path = me.with_file_name(name);
    ensure!(path.exists(), "expected {name} beside {}: `make bench` builds it", me.display());
    Ok(path)
}

/// A file of the repository that this program was built in.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A size, in words.
pub(crate) fn shown(size: u64) -> String {
    match size {
        size if size.is_multiple_of(1 << 30) => format!("{} GiB", size >> 30),
        size if size.is_multiple_of(MIB) => format!("{} MiB", size >> 20),
        size => format!("{size} bytes"),
    }
}

/// The path of a python's interpreter. The command may be a script that looks for the interpreter; its
/// time would count as Python's.
fn interpreter(python: &Path) -> Option<PathBuf> {
    let output = Command::new(python).args(["-c", "import sys; print(sys.executable)"]).output();
    let text =
        String::from_utf8(output.ok().filter(|output| output.status.success())?.stdout).ok()?;
    Some(PathBuf::from(text.trim()))
}

/// Writes a file of pseudo-random bytes: without holes, and with lines of random lengths, because the
/// reference sends a file by lines. It stays in the page cache, like a server's file.
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
    // Otherwise the kernel would write it to the disk during the turns.
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
