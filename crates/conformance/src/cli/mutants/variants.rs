//! The mutants of a program, as `mutate.py` makes them.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::Context;
use engine::peer::interpreter;
use serde::{Deserialize, Serialize};

/// The program that makes the mutants.
const MUTATE: &str = "mutate.py";
/// Its exit status for a text that is not Python.
const NOT_PYTHON: i32 = 2;

/// The mutants of a program.
#[derive(Debug, Deserialize)]
pub(super) struct Variants {
    pub(super) variants: Vec<Variant>,
    /// The mutants that no input can tell from the program.
    #[serde(default)]
    pub(super) same: Vec<Same>,
    /// The integers in the program's source.
    #[serde(default)]
    pub(super) numbers: Vec<usize>,
}

/// A mutant: a program with one change.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Variant {
    /// The rule and a number.
    pub(super) id: String,
    pub(super) rule: String,
    pub(super) line: u32,
    /// The change, in words.
    pub(super) what: String,
    /// Which input would show it.
    #[serde(default)]
    pub(super) hint: String,
    /// The first and last of the program's lines that it changes.
    pub(super) lines: [u32; 2],
    /// The lines before and after.
    pub(super) diff: String,
    /// The whole text.
    pub(super) source: String,
}

/// A mutant that no input can tell from the program.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Same {
    pub(super) id: String,
    pub(super) rule: String,
    pub(super) line: u32,
    pub(super) what: String,
    pub(super) why: String,
}

/// Why a program has no mutants.
#[derive(Debug)]
pub(super) enum Refused {
    /// This interpreter can't read it as Python.
    NotPython(String),
    /// Making the mutants failed.
    Failed(anyhow::Error),
}

/// The mutants of a program, made by the interpreter `python` with the tool in `reference`.
pub(super) fn of(program: &Path, python: &OsStr, reference: &Path) -> Result<Variants, Refused> {
    let mut command = interpreter(python);
    // The options keep modules beside the program from being imported.
    command.args(["-I", "-S"]).arg(reference.join(MUTATE)).arg(program);
    let failed = |what: String| Refused::Failed(anyhow::Error::msg(what));
    let made = command
        .output()
        .map_err(|error| failed(format!("cannot run {}: {error}", python.display())))?;
    let said = String::from_utf8_lossy(&made.stderr).trim_end().to_owned();
    match made.status.code() {
        Some(0) => serde_json::from_slice(&made.stdout)
            .with_context(|| format!("what {MUTATE} says of {}", program.display()))
            .map_err(Refused::Failed),
        Some(NOT_PYTHON) => Err(Refused::NotPython(said)),
        _ => Err(failed(format!("no variants of {}: {}: {said}", program.display(), made.status))),
    }
}
