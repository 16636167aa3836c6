//! The learned examples: `framecheck learn` gets the reference programs, the typed lines and the files,
//! and nothing else of an example's protocol file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use model::{Beside, Scenario};
use protocols::Protocol;

use crate::repository;

/// The arguments for `framecheck learn`.
#[derive(Debug)]
pub struct Lesson {
    /// Its working directory.
    pub directory: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// The file that it writes.
    pub file: PathBuf,
}

/// The names of all examples, in order.
///
/// # Errors
/// The directory of the examples can't be read.
pub fn all_examples() -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(repository().join("examples"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.join(format!("{name}.toml")).is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The names of the examples whose programs take their address, in order.
///
/// # Errors
/// The directory of the examples can't be read.
pub fn examples() -> io::Result<Vec<String>> {
    let takes_its_address = |name: &String| {
        let path = repository().join(format!("examples/{name}/{name}.toml"));
        std::fs::read_to_string(path).is_ok_and(|it| !it.contains("\nfixed-address = "))
    };
    Ok(all_examples()?.into_iter().filter(takes_its_address).collect())
}

/// The protocol of an example, as its owner describes it.
///
/// # Errors
/// Its file can't be used.
pub fn written(name: &str) -> anyhow::Result<Protocol> {
    let path = repository().join(format!("examples/{name}/{name}.toml"));
    Protocol::read(&path, &[]).with_context(|| path.display().to_string())
}

/// Copies the programs of an example, and the typed lines and files of its fixed inputs, into a directory.
///
/// # Errors
/// A file can't be read or written.
pub fn lesson(name: &str, directory: &Path) -> anyhow::Result<Lesson> {
    let example = repository().join("examples").join(name);
    std::fs::create_dir_all(directory)?;
    for program in ["server.py", "client.py"] {
        std::fs::copy(example.join(program), directory.join(program))?;
    }
    let mut arguments: Vec<OsString> = vec!["learn".into()];
    for role in ["server", "client"] {
        arguments.push(format!("--{role}").into());
        arguments.push(format!("python3 {role}.py {{host}} {{port}}").into());
    }
    for vector in written(name)?.vectors() {
        let folder = PathBuf::from("inputs").join(&vector.name);
        let typed = folder.join(&vector.name);
        std::fs::create_dir_all(directory.join(&folder))?;
        let lines =
            vector.input.lines.iter().flat_map(|line| line.0.iter().copied().chain([b'\n']));
        std::fs::write(directory.join(&typed), lines.collect::<Vec<u8>>())?;
        arguments.extend(["--typed".into(), typed.into()]);
        let sides = [("client", &vector.input.beside), ("server", &vector.input.server_beside)];
        for (side, files) in sides.into_iter().filter(|(_, files)| !files.is_empty()) {
            let beside = folder.join(side);
            write_all(&directory.join(&beside), files)?;
            arguments.extend([format!("--{side}-file").into(), beside.into()]);
        }
    }
    let file = PathBuf::from(format!("{name}.toml"));
    arguments.extend(["--out".into(), file.clone().into(), "--force".into()]);
    Ok(Lesson { directory: directory.to_owned(), arguments, file: directory.join(file) })
}

fn write_all(directory: &Path, files: &BTreeMap<String, Beside>) -> io::Result<()> {
    for (name, beside) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(directory))?;
        if let Beside::File(content) = beside {
            std::fs::write(path, &content.0)?;
        }
    }
    Ok(())
}
