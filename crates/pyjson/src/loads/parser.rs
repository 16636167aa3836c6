//! The parser: CPython's C scanner (`Modules/_json.c`), decision by decision, without recursion.
//!
//! What CPython keeps on the C stack is kept in [`Parser::outer`], so that depth costs memory and
//! not stack. Places are byte offsets until an error turns one into CPython's line and column.

use super::error::{Container, JsonDecodeError, LoadsError, Message};
use super::text::Text;
use crate::dict::Entry;
use crate::pystr::Builder;
use crate::{Dict, PyString, PythonVersion, Value};

/// What the options and the version come to.
pub(super) struct Limits {
    pub(super) python: PythonVersion,
    pub(super) strict: bool,
    pub(super) max_depth: usize,
    pub(super) digits: usize,
}

/// A refusal, before its line and column are worked out.
pub(super) enum Fault {
    At(Message, usize),
    IntDigits(usize),
    Recursion(Container),
}

/// Where the next value belongs.
#[derive(Clone, Copy)]
pub(super) enum Open {
    /// It is the whole text.
    Root,
    /// In a list, whose items are [`Parser::items`] from here on.
    List { start: usize },
    /// In a dict, whose entries are [`Parser::entries`] from here on; the last waits for it.
    Dict { start: usize },
}

pub(super) struct Parser<'a, T> {
    pub(super) text: &'a T,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) limits: &'a Limits,
    pub(super) scratch: Builder,
    outer: Vec<Open>,
    // What is read of all that is open. Only when a list or dict is closed does it get a vector,
    // of the right size. A value is made where it stays: moving what was just written is slow.
    items: Vec<Value>,
    entries: Vec<Entry>,
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
        items: Vec::new(),
        entries: Vec::new(),
    };
    parser.document().map_err(|fault| match fault {
        Fault::At(message, at) => JsonDecodeError::locate(message, bytes, at).into(),
        Fault::IntDigits(digits) => {
            LoadsError::IntDigits { digits, limit: limits.digits, python: limits.python }
        }
        Fault::Recursion(container) => LoadsError::Recursion(container),
    })
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
        Ok(self.items.pop().unwrap_or_default())
    }

    /// `scan_once_unicode`, with the lists and dicts it would recurse into.
    fn value(&mut self) -> Result<(), Fault> {
        let mut open = Open::Root;
        loop {
            match self.peek() {
                Some(b'{') => {
                    self.enter(Container::Object)?;
                    if self.first_or_close(b'}') {
                        self.outer.push(open);
                        open = Open::Dict { start: self.entries.len() };
                        self.key()?;
                        continue;
                    }
                    self.place(open, Value::Dict(Dict::new()));
                }
                Some(b'[') => {
                    self.enter(Container::Array)?;
                    if self.first_or_close(b']') {
                        self.outer.push(open);
                        open = Open::List { start: self.items.len() };
                        continue;
                    }
                    self.place(open, Value::List(Vec::new()));
                }
                Some(b'"') => {
                    self.place(open, Value::Str(PyString::new()));
                    self.string(|parser| match parser.placed(open) {
                        Some(Value::Str(slot)) => Some(slot),
                        _ => None,
                    })?;
                }
                Some(byte) => self.scalar(open, byte)?,
                None => return Err(Fault::At(Message::ExpectingValue, self.at)),
            }
            // Close as many lists and dicts as end here, and stop before the next value.
            loop {
                self.skip_white_space();
                let closed = match (open, self.peek()) {
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
                        Value::List(take_from(&mut self.items, start))
                    }
                    (Open::Dict { start }, Some(b'}')) => {
                        Value::Dict(Dict::from_entries(take_from(&mut self.entries, start)))
                    }
                    _ => return Err(Fault::At(Message::ExpectingComma, self.at)),
                };
                self.at += 1;
                open = self.outer.pop().unwrap_or(Open::Root);
                self.place(open, closed);
            }
        }
    }

    /// A string whose opening quote is at [`Parser::at`], in the place of the empty one that `slot`
    /// finds.
    #[inline]
    fn string(
        &mut self,
        slot: impl FnOnce(&mut Self) -> Option<&mut PyString>,
    ) -> Result<(), Fault> {
        match self.plain_string() {
            Ok((start, end)) => {
                let text = self.text;
                if let Some(slot) = slot(self) {
                    text.write(start, end, slot);
                }
            }
            Err(end) => {
                let string = self.string_with_escapes(end)?;
                if let Some(slot) = slot(self) {
                    *slot = string;
                }
            }
        }
        Ok(())
    }

    /// Puts a value where it belongs.
    #[inline]
    pub(super) fn place(&mut self, open: Open, value: Value) {
        match open {
            Open::Root | Open::List { .. } => self.items.push(value),
            Open::Dict { .. } => {
                if let Some((_, waiting)) = self.entries.last_mut() {
                    *waiting = value;
                }
            }
        }
    }

    /// The value that was placed last.
    #[inline]
    fn placed(&mut self, open: Open) -> Option<&mut Value> {
        match open {
            Open::Root | Open::List { .. } => self.items.last_mut(),
            Open::Dict { .. } => self.entries.last_mut().map(|(_, value)| value),
        }
    }

    /// A number or a constant, whose first byte is `byte`.
    #[inline]
    fn scalar(&mut self, open: Open, byte: u8) -> Result<(), Fault> {
        let (constant, value) = match byte {
            b'0'..=b'9' => return self.number(open),
            b'n' => ("null", Value::Null),
            b't' => ("true", Value::Bool(true)),
            b'f' => ("false", Value::Bool(false)),
            b'N' => ("NaN", Value::Float(f64::NAN)),
            b'I' => ("Infinity", Value::Float(f64::INFINITY)),
            b'-' => ("-Infinity", Value::Float(f64::NEG_INFINITY)),
            _ => return Err(Fault::At(Message::ExpectingValue, self.at)),
        };
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(constant.as_bytes()) {
            self.at += constant.len();
            self.place(open, value);
            return Ok(());
        }
        self.number(open)
    }

    /// A key, its colon, and the white space before its value.
    #[inline]
    fn key(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return Err(Fault::At(Message::ExpectingName, self.at));
        }
        self.entries.push((PyString::new(), Value::Null));
        self.string(|parser| parser.entries.last_mut().map(|(slot, _)| slot))?;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(Fault::At(Message::ExpectingColon, self.at));
        }
        self.at += 1;
        self.skip_white_space();
        Ok(())
    }

    /// Steps over a comma, behind which a bracket has a message of its own from 3.13 on.
    #[inline]
    fn after_comma(&mut self, close: u8, message: Message) -> Result<(), Fault> {
        let comma = self.at;
        self.at += 1;
        self.skip_white_space();
        if self.peek() == Some(close) && self.limits.python >= PythonVersion::V3_13 {
            return Err(Fault::At(message, comma));
        }
        Ok(())
    }

    /// `_Py_EnterRecursiveCall`: one level more, if there may be one.
    fn enter(&self, container: Container) -> Result<(), Fault> {
        // As many as are open around the value: `outer` lacks the innermost one, but has the root.
        if self.outer.len() >= self.limits.max_depth {
            return Err(Fault::Recursion(container));
        }
        Ok(())
    }

    /// Steps over an opening bracket; `false`, and past the closing one, when there is nothing
    /// between them.
    fn first_or_close(&mut self, close: u8) -> bool {
        self.at += 1;
        self.skip_white_space();
        let empty = self.peek() == Some(close);
        self.at += usize::from(empty);
        !empty
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn skip_white_space(&mut self) {
        // Between most signs there is nothing or one space.
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }
}

/// What lies in `all` from `start` on, in a vector of its own.
#[inline]
fn take_from<T>(all: &mut Vec<T>, start: usize) -> Vec<T> {
    if start == 0 { std::mem::take(all) } else { all.split_off(start) }
}
