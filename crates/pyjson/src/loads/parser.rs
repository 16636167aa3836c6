//! The parser: CPython's C scanner (`Modules/_json.c`), decision by decision, without recursion.
//!
//! What CPython keeps on the C stack is kept in [`Parser::outer`], so that depth costs memory and
//! not stack. Places are byte offsets until an error turns one into CPython's line and column.

use super::error::{Container, JsonDecodeError, LoadsError, Message};
use super::text::Text;
use crate::dict::Entry;
use crate::pystr::Builder;
use crate::{Dict, PythonVersion, Value};

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

/// A list or dict that is not closed yet.
#[derive(Clone, Copy)]
enum Open {
    /// Its items are [`Parser::items`] from here on.
    List { start: usize },
    /// Its entries are [`Parser::entries`] from here on; the last one waits for its value.
    Dict { start: usize },
}

/// What comes after a value.
enum Next {
    /// Another value of the same list or dict.
    Value,
    /// Nothing: this was the last, and here is what they make.
    Closed(Value),
}

pub(super) struct Parser<'a, T> {
    pub(super) text: &'a T,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) limits: &'a Limits,
    pub(super) scratch: Builder,
    outer: Vec<Open>,
    // What is read of all that is open. Only when a list or dict is closed does it get a vector,
    // of the right size.
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
        let value = self.value()?;
        self.skip_white_space();
        if self.at < self.bytes.len() {
            return Err(Fault::At(Message::ExtraData, self.at));
        }
        Ok(value)
    }

    /// `scan_once_unicode`, with the lists and dicts it would recurse into.
    fn value(&mut self) -> Result<Value, Fault> {
        let mut open: Option<Open> = None;
        loop {
            let mut value = match self.peek() {
                Some(b'{') => {
                    self.enter(open, Container::Object)?;
                    if self.first_or_close(b'}') {
                        let start = self.entries.len();
                        self.outer.extend(open.replace(Open::Dict { start }));
                        self.key()?;
                        continue;
                    }
                    Value::Dict(Dict::new())
                }
                Some(b'[') => {
                    self.enter(open, Container::Array)?;
                    if self.first_or_close(b']') {
                        let start = self.items.len();
                        self.outer.extend(open.replace(Open::List { start }));
                        continue;
                    }
                    Value::List(Vec::new())
                }
                Some(byte) => self.scalar(byte)?,
                None => return Err(Fault::At(Message::ExpectingValue, self.at)),
            };
            // Hand the value to what is open around it, and close as much of that as ends here.
            loop {
                let next = match open {
                    Some(Open::List { start }) => self.after_item(start, value)?,
                    Some(Open::Dict { start }) => self.after_entry(start, value)?,
                    None => return Ok(value),
                };
                match next {
                    Next::Value => break,
                    Next::Closed(closed) => value = closed,
                }
                open = self.outer.pop();
            }
        }
    }

    /// A string, a number or a constant, whose first byte is `byte`.
    fn scalar(&mut self, byte: u8) -> Result<Value, Fault> {
        let (constant, value) = match byte {
            b'"' => return self.string().map(Value::Str),
            b'n' => ("null", Value::Null),
            b't' => ("true", Value::Bool(true)),
            b'f' => ("false", Value::Bool(false)),
            b'N' => ("NaN", Value::Float(f64::NAN)),
            b'I' => ("Infinity", Value::Float(f64::INFINITY)),
            b'-' => ("-Infinity", Value::Float(f64::NEG_INFINITY)),
            _ => return self.number(),
        };
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(constant.as_bytes()) {
            self.at += constant.len();
            return Ok(value);
        }
        self.number()
    }

    /// Adds an item to a list and reads the comma or bracket behind it.
    #[inline]
    fn after_item(&mut self, start: usize, value: Value) -> Result<Next, Fault> {
        self.items.push(value);
        self.skip_white_space();
        match self.peek() {
            Some(b',') => {
                self.after_comma(b']', Message::TrailingCommaInArray)?;
                Ok(Next::Value)
            }
            Some(b']') => {
                self.at += 1;
                Ok(Next::Closed(Value::List(take_from(&mut self.items, start))))
            }
            _ => Err(Fault::At(Message::ExpectingComma, self.at)),
        }
    }

    /// Gives the last key of a dict its value and reads the comma and the next key, or the brace,
    /// behind it.
    #[inline]
    fn after_entry(&mut self, start: usize, value: Value) -> Result<Next, Fault> {
        if let Some((_, waiting)) = self.entries.last_mut() {
            *waiting = value;
        }
        self.skip_white_space();
        match self.peek() {
            Some(b',') => {
                self.after_comma(b'}', Message::TrailingCommaInObject)?;
                self.key()?;
                Ok(Next::Value)
            }
            Some(b'}') => {
                self.at += 1;
                let entries = take_from(&mut self.entries, start);
                Ok(Next::Closed(Value::Dict(Dict::from_entries(entries))))
            }
            _ => Err(Fault::At(Message::ExpectingComma, self.at)),
        }
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

    /// A key, its colon, and the white space before its value.
    #[inline]
    fn key(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return Err(Fault::At(Message::ExpectingName, self.at));
        }
        let key = self.string()?;
        self.entries.push((key, Value::Null));
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(Fault::At(Message::ExpectingColon, self.at));
        }
        self.at += 1;
        self.skip_white_space();
        Ok(())
    }

    /// `_Py_EnterRecursiveCall`: one level more, if there may be one.
    fn enter(&self, open: Option<Open>, container: Container) -> Result<(), Fault> {
        let depth = self.outer.len() + usize::from(open.is_some());
        if depth >= self.limits.max_depth { Err(Fault::Recursion(container)) } else { Ok(()) }
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
