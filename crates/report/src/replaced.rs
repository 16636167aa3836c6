//! Replaces a report atomically: a reader always sees a whole file, the old one or the new one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a file beside `path`, and renames it to `path` when it is complete.
///
/// # Errors
///
/// The file can't be written. The old file at `path` is then unchanged.
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
            // Report the write error, not an error of this removal.
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
