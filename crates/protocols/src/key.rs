//! The key of the cache: a digest of everything that determines what the reference does. That is its programs, the
//! fixtures, the interpreter, the file itself, and the version of framecheck.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use model::blob::sha256;

use crate::protocol::Protocol;

/// How many Python files beside a program are read.
const SOURCES_MAX: usize = 4096;

/// The key of a protocol, by SHA-256. `context` names the interpreter and the framecheck that play it.
///
/// In a command, a set-up and an environment, every text that names a file counts. For a Python program, every
/// `.py` file in its directory and below counts, because the program may import it.
///
/// # Errors
/// A file can't be read.
pub fn key(protocol: &Protocol, context: &str) -> io::Result<String> {
    let base = protocol.path.parent().unwrap_or(Path::new(""));
    let programs = &protocol.reference;
    let mut files = BTreeSet::new();
    let needs = [&programs.server_needs, &programs.client_needs];
    let of_needs = needs.into_iter().flat_map(|it| it.setup.iter().chain(it.env.values()));
    for argument in programs.server.iter().chain(&programs.client).chain(of_needs) {
        let argument = argument.replace("{dir}", &base.to_string_lossy());
        let file = base.join(argument.trim_start_matches("./"));
        if !file.is_file() {
            continue;
        }
        if file.extension().is_some_and(|extension| extension == "py")
            && let Some(directory) = file.parent()
        {
            sources_below(directory, &mut files)?;
        }
        files.insert(file);
    }
    let mut told = vec![context.to_owned(), sha256(protocol.text.as_bytes())];
    for file in files {
        told.push(format!("{} {}", sha256(&fs::read(&file)?), file.display()));
    }
    for (file, content) in &protocol.fixtures {
        told.push(format!("{} {}", sha256(content), file.display()));
    }
    Ok(sha256(told.join("\n").as_bytes()))
}

/// Every Python file in a directory and below, without hidden directories.
fn sources_below(directory: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let mut waiting = vec![directory.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if kind.is_dir() && !is_hidden {
                waiting.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|it| it == "py") {
                files.insert(path);
            }
            if files.len() > SOURCES_MAX {
                return Err(io::Error::other("there are too many Python files beside the program"));
            }
        }
    }
    Ok(())
}
