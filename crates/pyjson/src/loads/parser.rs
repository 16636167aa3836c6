//! The parser: CPython's C scanner (`Modules/_json.c`), decision by decision, without recursion.
//!
//! What CPython keeps on the C stack is kept in [`Parser::outer`], so that depth costs memory and
//! not stack. Places are byte offsets until an error turns one into CPython's line and column.

use super::error::{Container, JsonDecodeError, LoadsError, Message};
use super::text::Text;
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

/// A list or dict that is not closed yet.
enum Open {
    List(Vec<Value>),
    /// The last is the key whose value is being read.
    Dict(Dict, PyString),
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
}

/// Parses a whole text.
pub(super) fn parse<T: Text>(text: T, limits: &Limits) -> Result<Value, LoadsError> {
    let bytes = text.bytes();
    let mut parser =
        Parser { text: &text, bytes, at: 0, limits, scratch: Builder::new(), outer: Vec::new() };
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
                    self.enter(&open, Container::Object)?;
                    if self.first_or_close(b'}') {
                        let key = self.key()?;
                        self.outer.extend(open.replace(Open::Dict(Dict::new(), key)));
                        continue;
                    }
                    Value::Dict(Dict::new())
                }
                Some(b'[') => {
                    self.enter(&open, Container::Array)?;
                    if self.first_or_close(b']') {
                        self.outer.extend(open.replace(Open::List(Vec::new())));
                        continue;
                    }
                    Value::List(Vec::new())
                }
                Some(byte) => self.scalar(byte)?,
                None => return Err(Fault::At(Message::ExpectingValue, self.at)),
            };
            // Hand the value to what is open around it, and close as much of that as ends here.
            loop {
                let Some(container) = &mut open else { return Ok(value) };
                let next = match container {
                    Open::List(items) => self.after_item(items, value)?,
                    Open::Dict(dict, key) => self.after_entry(dict, key, value)?,
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
    fn after_item(&mut self, items: &mut Vec<Value>, value: Value) -> Result<Next, Fault> {
        items.push(value);
        self.skip_white_space();
        match self.peek() {
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                self.skip_white_space();
                self.refuse_trailing_comma(b']', Message::TrailingCommaInArray, comma)?;
                Ok(Next::Value)
            }
            Some(b']') => {
                self.at += 1;
                Ok(Next::Closed(Value::List(std::mem::take(items))))
            }
            _ => Err(Fault::At(Message::ExpectingComma, self.at)),
        }
    }

    /// Adds an entry to a dict and reads the comma and the next key, or the brace, behind it.
    fn after_entry(
        &mut self,
        dict: &mut Dict,
        key: &mut PyString,
        value: Value,
    ) -> Result<Next, Fault> {
        dict.set(std::mem::take(key), value);
        self.skip_white_space();
        match self.peek() {
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                self.skip_white_space();
                self.refuse_trailing_comma(b'}', Message::TrailingCommaInObject, comma)?;
                *key = self.key()?;
                Ok(Next::Value)
            }
            Some(b'}') => {
                self.at += 1;
                Ok(Next::Closed(Value::Dict(std::mem::take(dict))))
            }
            _ => Err(Fault::At(Message::ExpectingComma, self.at)),
        }
    }

    /// A key, its colon, and the white space before its value.
    fn key(&mut self) -> Result<PyString, Fault> {
        if self.peek() != Some(b'"') {
            return Err(Fault::At(Message::ExpectingName, self.at));
        }
        let key = self.string()?;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(Fault::At(Message::ExpectingColon, self.at));
        }
        self.at += 1;
        self.skip_white_space();
        Ok(key)
    }

    /// `_Py_EnterRecursiveCall`: one level more, if there may be one.
    fn enter(&self, open: &Option<Open>, container: Container) -> Result<(), Fault> {
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

    fn refuse_trailing_comma(
        &self,
        close: u8,
        message: Message,
        comma: usize,
    ) -> Result<(), Fault> {
        if self.peek() == Some(close) && self.limits.python >= PythonVersion::V3_13 {
            return Err(Fault::At(message, comma));
        }
        Ok(())
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }
}
