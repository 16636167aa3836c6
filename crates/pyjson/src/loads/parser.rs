//! The parser. It follows CPython's C scanner (`Modules/_json.c`), decision by decision, without
//! recursion.
//!
//! CPython keeps its state on the C stack. This keeps it in [`Parser::outer`], so depth costs
//! memory and not stack. Places are byte offsets until an error turns one into CPython's line and
//! column.

use super::error::{JsonDecodeError, LoadsError, Message};
use super::slots::{Place, Slots};
use super::text::Text;
use crate::pystr::Builder;
use crate::recursion::{Loading, RecursionError};
use crate::value::Entry;
use crate::{Dict, PyString, PythonVersion, Value};

/// The options and the version, resolved.
pub(super) struct Limits {
    pub(super) python: PythonVersion,
    pub(super) strict: bool,
    pub(super) max_depth: usize,
    pub(super) calls: Loading,
    pub(super) digits: usize,
}

/// An error, before its line and column are known.
pub(super) enum Fault {
    At(Message, usize),
    IntDigits(usize),
    Recursion(RecursionError),
}

/// A constant, so that it is copied from its own place and not from where it was just written.
const EMPTY: Value = Value::Str(PyString::new());

/// Where the next value belongs.
#[derive(Clone, Copy)]
pub(super) enum Open {
    /// It is the whole text.
    Root,
    /// In a list, whose items are [`Parser::items`] from this index on.
    List { start: usize },
    /// In a dict, whose entries are [`Parser::entries`] from this index on; the last entry waits
    /// for it.
    Dict { start: usize },
}

pub(super) struct Parser<'a, T> {
    pub(super) text: &'a T,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) limits: &'a Limits,
    pub(super) scratch: Builder,
    outer: Vec<Open>,
    // The values of all open lists and dicts. A list or dict gets its own vector, of the right
    // size, only when it is closed.
    items: Slots<Value>,
    entries: Slots<Entry>,
    root: Value,
}

/// Parses a whole text.
pub(super) fn parse<T: Text>(text: T, limits: &Limits) -> Result<Value, LoadsError> {
    let bytes = text.bytes();
    let mut parser = Parser {
        text: &text,
        bytes,
        at: 0,
        limits,
        scratch: Builder::new(),
        outer: Vec::new(),
        items: Slots::new(),
        entries: Slots::new(),
        root: Value::Null,
    };
    let done = parser.document();
    done.map_err(|fault| parser.refusal(fault))
}

impl<T: Text> Parser<'_, T> {
    /// `JSONDecoder.decode`: white space, a value, white space, the end.
    fn document(&mut self) -> Result<Value, Fault> {
        self.skip_white_space();
        self.value()?;
        self.skip_white_space();
        if self.at < self.bytes.len() {
            return Err(Fault::At(Message::ExtraData, self.at));
        }
        Ok(std::mem::take(&mut self.root))
    }

    /// What CPython raises for a fault. Making its exception takes levels, too.
    fn refusal(&self, fault: Fault) -> LoadsError {
        let Limits { python, calls, digits: limit, .. } = *self.limits;
        let made = match fault {
            Fault::At(Message::ExpectingValue, _) => calls.stop_iteration,
            Fault::At(..) => calls.decode_error,
            Fault::IntDigits(_) => calls.value_error,
            Fault::Recursion(error) => return LoadsError::Recursion(error),
        };
        match (made.make(self.levels_left()), fault) {
            (Err(error), _) | (_, Fault::Recursion(error)) => LoadsError::Recursion(error),
            (_, Fault::At(message, at)) => JsonDecodeError::locate(message, self.bytes, at).into(),
            (_, Fault::IntDigits(digits)) => LoadsError::IntDigits { digits, limit, python },
        }
    }

    /// How many more lists and dicts may be opened.
    fn levels_left(&self) -> usize {
        // The number of open ones: `outer` lacks the innermost one, but has the root.
        self.limits.max_depth.saturating_sub(self.outer.len())
    }

    /// `scan_once_unicode`, with the lists and dicts that it would recurse into.
    fn value(&mut self) -> Result<(), Fault> {
        let mut open = Open::Root;
        loop {
            match self.peek() {
                Some(b'{') => {
                    self.enter(RecursionError::Object)?;
                    if self.first_or_close(b'}') {
                        self.outer.push(open);
                        open = Open::Dict { start: self.entries.used() };
                        self.key()?;
                        continue;
                    }
                    self.place(open).set(Value::Dict(Dict::new()));
                }
                Some(b'[') => {
                    self.enter(RecursionError::Array)?;
                    if self.first_or_close(b']') {
                        self.outer.push(open);
                        open = Open::List { start: self.items.used() };
                        continue;
                    }
                    self.place(open).set(Value::List(Vec::new()));
                }
                Some(b'"') => {
                    let range = self.plain_string();
                    let text = self.text;
                    match range {
                        Ok((start, end)) => {
                            let slot = self.place(open).set(EMPTY);
                            if let Value::Str(slot) = slot {
                                text.write(start, end, slot);
                            }
                        }
                        Err(end) => {
                            let string = self.string_with_escapes(end)?;
                            if let Value::Str(slot) = self.place(open).set(EMPTY) {
                                *slot = string;
                            }
                        }
                    }
                }
                Some(byte) => self.scalar(open, byte)?,
                None => return Err(Fault::At(Message::ExpectingValue, self.at)),
            }
            // Closes all lists and dicts that end here, and stops before the next value.
            loop {
                self.skip_white_space();
                match (open, self.peek()) {
                    (Open::Root, _) => return Ok(()),
                    (Open::List { .. }, Some(b',')) => {
                        self.after_comma(b']', Message::TrailingCommaInArray)?;
                        break;
                    }
                    (Open::Dict { .. }, Some(b',')) => {
                        self.after_comma(b'}', Message::TrailingCommaInObject)?;
                        self.key()?;
                        break;
                    }
                    (Open::List { start }, Some(b']')) => {
                        open = self.outer.pop().unwrap_or(Open::Root);
                        let items = self.items.take_from(start, matches!(open, Open::Root));
                        if let Value::List(slot) = self.place(open).set(Value::List(Vec::new())) {
                            *slot = items;
                        }
                    }
                    (Open::Dict { start }, Some(b'}')) => {
                        open = self.outer.pop().unwrap_or(Open::Root);
                        let entries = self.entries.take_from(start, matches!(open, Open::Root));
                        let dict = Dict::from_entries(entries);
                        if let Value::Dict(slot) = self.place(open).set(Value::Dict(Dict::new())) {
                            *slot = dict;
                        }
                    }
                    _ => return Err(Fault::At(Message::ExpectingComma, self.at)),
                }
                self.step();
            }
        }
    }

    /// The place of the next value. Call this before making the value: a value that must be
    /// dropped if the allocation fails would first be written to memory and then moved.
    #[inline(always)]
    pub(super) fn place(&mut self, open: Open) -> Place<'_, Value> {
        let slot = match open {
            Open::Root => None,
            Open::List { .. } => self.items.next((self.at, self.bytes.len())),
            Open::Dict { .. } => self.entries.last().map(|(_, waiting)| waiting),
        };
        Place(slot.unwrap_or(&mut self.root))
    }

    /// A number or a constant, whose first byte is `byte`.
    #[inline]
    fn scalar(&mut self, open: Open, byte: u8) -> Result<(), Fault> {
        // Each value is made in its place.
        match byte {
            b'0'..=b'9' => return self.number(open),
            b'n' if self.step_over(b"null") => self.place(open).set(Value::Null),
            b't' if self.step_over(b"true") => self.place(open).set(Value::Bool(true)),
            b'f' if self.step_over(b"false") => self.place(open).set(Value::Bool(false)),
            b'N' if self.step_over(b"NaN") => return self.constant(open, f64::NAN),
            b'I' if self.step_over(b"Infinity") => return self.constant(open, f64::INFINITY),
            b'-' if self.step_over(b"-Infinity") => {
                return self.constant(open, f64::NEG_INFINITY);
            }
            _ => return self.number(open),
        };
        Ok(())
    }

    /// `_parse_constant`: CPython calls a function for it.
    #[cold]
    fn constant(&mut self, open: Open, float: f64) -> Result<(), Fault> {
        self.limits.calls.constant.make(self.levels_left()).map_err(Fault::Recursion)?;
        self.place(open).set(Value::Float(float));
        Ok(())
    }

    /// Steps over these bytes, if they come next.
    #[inline(always)]
    fn step_over<const N: usize>(&mut self, bytes: &[u8; N]) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let next = rest.first_chunk() == Some(bytes);
        self.at += if next { N } else { 0 };
        next
    }

    /// Steps over a key, its colon, and the white space before its value.
    #[inline]
    fn key(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return Err(Fault::At(Message::ExpectingName, self.at));
        }
        match self.plain_string() {
            Ok((start, end)) => {
                let progress = (self.at, self.bytes.len());
                if let Some((slot, _)) = self.entries.next(progress) {
                    self.text.write(start, end, slot);
                }
            }
            Err(end) => {
                let key = self.string_with_escapes(end)?;
                let progress = (self.at, self.bytes.len());
                if let Some((slot, _)) = self.entries.next(progress) {
                    *slot = key;
                }
            }
        }
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(Fault::At(Message::ExpectingColon, self.at));
        }
        self.step();
        self.skip_white_space();
        Ok(())
    }

    /// Steps over a comma. From 3.13 on, a bracket after it has its own message.
    #[inline]
    fn after_comma(&mut self, close: u8, message: Message) -> Result<(), Fault> {
        let comma = self.at;
        self.step();
        self.skip_white_space();
        if self.peek() == Some(close) && self.limits.python >= PythonVersion::V3_13 {
            return Err(Fault::At(message, comma));
        }
        Ok(())
    }

    /// `_Py_EnterRecursiveCall`: enters one more level, if the limit allows it.
    fn enter(&self, error: RecursionError) -> Result<(), Fault> {
        if self.levels_left() == 0 { Err(Fault::Recursion(error)) } else { Ok(()) }
    }

    /// Steps over an opening bracket. Returns `false`, after the closing bracket, if there is
    /// nothing between them.
    fn first_or_close(&mut self, close: u8) -> bool {
        self.step();
        self.skip_white_space();
        let empty = self.peek() == Some(close);
        self.at += usize::from(empty);
        !empty
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over one byte.
    #[inline(always)]
    fn step(&mut self) {
        self.at += 1;
    }

    #[inline]
    fn skip_white_space(&mut self) {
        // Most signs have nothing or one space between them.
        if self.peek() == Some(b' ') {
            self.step();
        }
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.step();
        }
    }
}
