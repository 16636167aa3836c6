//! Changes a protocol's file, and keeps its owner's text.

use std::io;
use std::path::{Path, PathBuf};

use model::blob::{Blob, to_hex};
use model::{Beside, Input, Value as Literal};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

use crate::hostile::{self, FrameValue};
use crate::inputs::sized;
use crate::protocol::{KnownFailure, Protocol};
use crate::text::escaped;

/// A file of at least this many bytes that `{ size = N }` produces is written in that form.
const SIZED_MIN: usize = 16;
/// The byte order mark.
const MARK: char = '\u{feff}';

/// A protocol's file can't be changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It can't be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// It is no longer valid TOML.
    #[error("{}: {error}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The mistake.
        error: Box<toml_edit::TomlError>,
    },
    /// An input already has this name.
    #[error("an input already has the name {0:?}")]
    Taken(String),
}

/// Adds a fixed input with this name to the file. With `every_place`, the input is played over cuts at
/// every place.
///
/// # Errors
/// See [`EditError`].
pub fn keep(
    protocol: &Protocol,
    name: &str,
    input: &Input,
    every_place: bool,
) -> Result<(), EditError> {
    if protocol.inputs.iter().any(|form| form.name == name) {
        return Err(EditError::Taken(name.to_owned()));
    }
    change(&protocol.path, |document| {
        let entry = document.entry("input").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        if let Some(inputs) = entry.as_array_of_tables_mut() {
            inputs.push(input_table(name, input, every_place));
        }
    })
}

/// The text of the file, with these inputs, by their names, instead of its own.
///
/// # Errors
/// See [`EditError`].
pub fn with_inputs(protocol: &Protocol, inputs: &[(String, Input)]) -> Result<String, EditError> {
    let mut document = parse(&protocol.path, &protocol.text)?;
    let tables = inputs.iter().map(|(name, input)| input_table(name, input, false));
    document.insert("input", Item::ArrayOfTables(tables.collect()));
    Ok(document.to_string())
}

impl Protocol {
    /// The values in the frames of the first fixed input, once the reference has played it.
    #[must_use]
    pub fn frame_values(&self) -> Vec<FrameValue> {
        let exchange = self.exchange.get();
        exchange.into_iter().flat_map(|it| hostile::values(&self.framing, it)).collect()
    }

    /// How many frames the owner gives as `[[hostile]]`.
    #[must_use]
    pub const fn given_count(&self) -> usize {
        self.hostile.len()
    }
}

/// A frame with one changed value, in the form of `[[hostile]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The frame's name.
    pub frame: String,
    /// The value's path, without the frame's name.
    pub path: String,
    /// The new value: a text or a number.
    pub value: Literal,
}

/// The text of the file, with these frames after its own.
///
/// # Errors
/// See [`EditError`].
pub fn with_malformed(protocol: &Protocol, frames: &[Malformed]) -> Result<String, EditError> {
    let mut document = parse(&protocol.path, &protocol.text)?;
    let entry = document.entry("hostile").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(tables) = entry.as_array_of_tables_mut() {
        frames.iter().for_each(|frame| tables.push(malformed_table(frame)));
    }
    Ok(document.to_string())
}

/// Such a frame in the form of a file.
#[must_use]
pub fn shown_malformed(frame: &Malformed) -> String {
    let mut document = DocumentMut::new();
    let tables = [malformed_table(frame)].into_iter().collect();
    document.insert("hostile", Item::ArrayOfTables(tables));
    document.to_string()
}

fn malformed_table(frame: &Malformed) -> Table {
    let mut table = Table::new();
    table.insert("frame", value(&frame.frame));
    let mut set = InlineTable::new();
    match &frame.value {
        Literal::Text(text) => set.insert(&frame.path, text.as_str().into()),
        Literal::Number(number) => set.insert(&frame.path, (*number).into()),
        Literal::Texts(_) => None,
    };
    table.insert("set", value(set));
    table
}

/// An input in the form of a file.
#[must_use]
pub fn shown_input(name: &str, input: &Input) -> String {
    let tables = [input_table(name, input, false)].into_iter().collect();
    let mut document = DocumentMut::new();
    document.insert("input", Item::ArrayOfTables(tables));
    document.to_string()
}

/// Replaces the list of known failures in the file by this one. An entry that stays keeps its place in the
/// file and its comments. An entry that goes leaves its comments to the first entry with its reason.
///
/// # Errors
/// See [`EditError`].
pub fn rewrite_known_failures(path: &Path, failures: &[KnownFailure]) -> Result<(), EditError> {
    change(path, |document| {
        let old = document.remove("expected").and_then(|item| item.into_array_of_tables().ok());
        let mut old: Vec<Table> = old.into_iter().flatten().collect();
        let mut list = ArrayOfTables::new();
        for failure in failures {
            let stays = |table: &Table| says(table, "id", &failure.id);
            let goes = |table: &Table| {
                let is_kept = failures.iter().any(|other| says(table, "id", &other.id));
                says(table, "reason", &failure.reason) && !is_kept
            };
            let place = old.iter().position(stays).or_else(|| old.iter().position(goes));
            let mut table = place.map_or_else(Table::new, |place| old.remove(place));
            put(&mut table, "id", &failure.id);
            put(&mut table, "reason", &failure.reason);
            put(&mut table, "symptom", &failure.symptom);
            list.push(table);
        }
        if !failures.is_empty() {
            document.insert("expected", Item::ArrayOfTables(list));
        }
    })
}

fn says(table: &Table, key: &str, text: &str) -> bool {
    table.get(key).and_then(Item::as_str) == Some(text)
}

/// Sets a text of a table. An equal text keeps its form, and a new text keeps the comment after it.
fn put(table: &mut Table, key: &str, text: &str) {
    if says(table, key, text) {
        return;
    }
    let mut new = toml_edit::Value::from(text);
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *new.decor_mut() = old.decor().clone();
    }
    match table.get_mut(key) {
        Some(item) => *item = Item::Value(new),
        None => drop(table.insert(key, Item::Value(new))),
    }
}

fn change(path: &Path, edit: impl FnOnce(&mut DocumentMut)) -> Result<(), EditError> {
    let failed = |error| EditError::Io { path: path.to_owned(), error };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let mut document = parse(path, &text)?;
    edit(&mut document);
    std::fs::write(path, marked_as(&text, document.to_string())).map_err(failed)
}

fn parse(path: &Path, text: &str) -> Result<DocumentMut, EditError> {
    let failed = |error| EditError::Toml { path: path.to_owned(), error: Box::new(error) };
    text.parse().map_err(failed)
}

/// The new text, with the byte order mark and the line ends of the old one.
fn marked_as(before: &str, mut written: String) -> String {
    let is_crlf = before.contains("\r\n") && !before.replace("\r\n", "").contains('\n');
    if is_crlf {
        written = written.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    if before.starts_with(MARK) && !written.starts_with(MARK) {
        written.insert(0, MARK);
    }
    written
}

fn input_table(name: &str, input: &Input, every_place: bool) -> Table {
    let mut table = Table::new();
    table.insert("name", value(name));
    let lines = |lines: &[Blob]| -> Array {
        lines.iter().map(|line| escaped(&String::from_utf8_lossy(&line.0))).collect()
    };
    if !input.lines.is_empty() {
        table.insert("typed", value(lines(&input.lines)));
    }
    if !input.server_lines.is_empty() {
        table.insert("typed-at-server", value(lines(&input.server_lines)));
    }
    for (key, files) in [("client-files", &input.beside), ("server-files", &input.server_beside)] {
        let mut inner = InlineTable::new();
        for (name, content) in files {
            if let Beside::File(bytes) = content {
                inner.insert(escaped(name), content_value(bytes));
            }
        }
        if !inner.is_empty() {
            table.insert(key, value(inner));
        }
    }
    if input.terminal {
        table.insert("terminal", value(true));
    }
    if !input.prompts.is_empty() {
        let prompts: InlineTable = input.prompts.iter().collect();
        table.insert("prompt", value(prompts));
    }
    let mut with = InlineTable::new();
    for name in input.literals.names() {
        match input.literals.value(name) {
            Some(model::Value::Text(text)) => with.insert(name, text.as_str().into()),
            Some(model::Value::Number(number)) => with.insert(name, (*number).into()),
            _ => None,
        };
    }
    if !with.is_empty() {
        table.insert("with", value(with));
    }
    if every_place {
        table.insert("networks", value("every-place"));
    }
    table
}

fn content_value(bytes: &Blob) -> toml_edit::Value {
    if bytes.0.len() >= SIZED_MIN && bytes.0 == sized(bytes.0.len()) {
        let mut size = InlineTable::new();
        size.insert("size", i64::try_from(bytes.0.len()).unwrap_or(i64::MAX).into());
        return size.into();
    }
    match std::str::from_utf8(&bytes.0) {
        Ok(text) => escaped(text).into(),
        Err(_) => {
            let mut hex = InlineTable::new();
            hex.insert("hex", to_hex(&bytes.0).into());
            hex.into()
        }
    }
}
