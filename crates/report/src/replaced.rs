//! A report is there whole or not at all: whoever reads while it is written sees the one before.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Write a file beside `path`, and put it in its place when it is whole.
///
/// # Errors
/// It can't be written; then what was at `path` is still there.
pub(super) fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    let mut out = BufWriter::new(File::create(&beside)?);
    let written = write(&mut out).and_then(|()| out.flush());
    match written {
        Ok(()) => fs::rename(&beside, path),
        Err(error) => {
            // What it says first is why it could not be written.
            let _ = fs::remove_file(&beside);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_the_report_before_until_the_next_one_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        fs::write(&path, "before").unwrap();
        let failed = replace(&path, |out| {
            out.write_all(b"half")?;
            out.flush()?;
            assert_eq!(fs::read_to_string(&path).unwrap(), "before");
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        replace(&path, |out| out.write_all(b"after")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
