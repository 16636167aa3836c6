//! Puts a mutant into a directory of its own, with all files that lie beside the program.
//!
//! Nothing is ever written to the program's own directory. Small files are copied, so that a mutant that writes
//! beside itself writes to the copy. Directories and large files are linked.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::subject::Program;

/// Files up to this size are copied.
const COPIED_MAX_BYTES: u64 = 1 << 20;

/// Puts the files beside a program into `room`. The file `changed`, which is below the program's root, gets
/// this text. Returns the new path of the program.
pub(super) fn furnish(
    room: &Path,
    program: &Program,
    changed: &Path,
    text: &[u8],
) -> io::Result<PathBuf> {
    level(&program.root, room, &[program.relative(), changed])?;
    let target = room.join(changed);
    let permissions = fs::metadata(program.root.join(changed))?.permissions();
    fs::write(&target, text)?;
    fs::set_permissions(&target, permissions)?;
    Ok(room.join(program.relative()))
}

/// Copies or links the contents of a directory. The directories on the way to the `kept` files become real
/// ones.
fn level(from: &Path, to: &Path, kept: &[&Path]) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        let (source, target) = (from.join(&name), to.join(&name));
        let below: Vec<&Path> =
            kept.iter().filter_map(|kept| kept.strip_prefix(&name).ok()).collect();
        let is_inner = below.iter().any(|rest| rest.components().next().is_some());
        // For a link, the target's metadata counts. A broken link stays a link.
        let about = fs::metadata(&source).ok();
        match about {
            Some(about) if about.is_dir() && is_inner => {
                fs::create_dir(&target)?;
                level(&source, &target, &below)?;
            }
            Some(about)
                if about.is_file() && (about.len() <= COPIED_MAX_BYTES || !below.is_empty()) =>
            {
                fs::copy(&source, &target)?;
            }
            _ => symlink(&source, &target)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::observation::Role;

    use super::*;

    #[test]
    fn what_lies_beside_a_program_is_there_and_the_original_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir_all(at("src")).unwrap();
        fs::create_dir_all(at("fixtures")).unwrap();
        for (name, text) in [
            ("src/server.py", "import wire"),
            ("src/wire.py", "x = 1"),
            ("fixtures/a", "a"),
            ("state.db", "old"),
        ] {
            fs::write(at(name), text).unwrap();
        }
        fs::write(at("big"), vec![b'x'; (1 << 20) + 1]).unwrap();
        let program = Program {
            role: Role::Server,
            path: at("src/server.py"),
            at: 1,
            root: home.path().to_owned(),
        };
        let room = tempfile::tempdir().unwrap();
        let path = furnish(room.path(), &program, Path::new("src/wire.py"), b"x = 2").unwrap();
        assert_eq!(path, room.path().join("src/server.py"));
        let read = |name: &str| fs::read_to_string(room.path().join(name)).unwrap();
        assert_eq!([read("src/server.py"), read("src/wire.py")], ["import wire", "x = 2"]);
        assert_eq!(read("fixtures/a"), "a");
        assert_eq!(read("big").len(), (1 << 20) + 1);
        fs::write(room.path().join("state.db"), "new").unwrap();
        assert_eq!(fs::read_to_string(at("state.db")).unwrap(), "old");
        assert_eq!(fs::read_to_string(at("src/wire.py")).unwrap(), "x = 1");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    }
}
