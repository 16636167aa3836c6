//! The wrong variants of a program, as `mutate.py` makes them.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::Context;
use engine::peer::interpreter;
use serde::{Deserialize, Serialize};

/// The program that makes them.
const MUTATE: &str = "mutate.py";
/// With this status it says that the text is no Python.
const NOT_PYTHON: i32 = 2;

/// What can be made of a program.
#[derive(Debug, Deserialize)]
pub(super) struct Variants {
    pub(super) variants: Vec<Variant>,
    /// Those that no input can tell from the program.
    #[serde(default)]
    pub(super) same: Vec<Same>,
    /// The whole numbers that stand in the program.
    #[serde(default)]
    pub(super) numbers: Vec<usize>,
}

/// A program with one thing wrong.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Variant {
    /// The rule and a number.
    pub(super) id: String,
    pub(super) rule: String,
    pub(super) line: u32,
    /// What is wrong, in words.
    pub(super) what: String,
    /// Which input would show it.
    #[serde(default)]
    pub(super) hint: String,
    /// The first and the last of the program's lines that it changes.
    pub(super) lines: [u32; 2],
    /// The lines before and after.
    pub(super) diff: String,
    /// The whole text.
    pub(super) source: String,
}

/// One that no input can tell from the program.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Same {
    pub(super) id: String,
    pub(super) rule: String,
    pub(super) line: u32,
    pub(super) what: String,
    pub(super) why: String,
}

/// Why there are no variants of a program.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is no Python that this interpreter reads.
    NotPython(String),
    /// They could not be made.
    Failed(anyhow::Error),
}

/// The variants of a program, made by the interpreter `python`; `reference` has what makes them.
pub(super) fn of(program: &Path, python: &OsStr, reference: &Path) -> Result<Variants, Refused> {
    let mut command = interpreter(python);
    // Nothing of what lies beside the program takes part.
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
