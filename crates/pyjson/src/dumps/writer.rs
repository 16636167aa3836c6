//! The writer: CPython's C encoder (`Modules/_json.c`), and its Python one where `indent` is set,
//! which writes the same but for the lines.
//!
//! What CPython keeps on the C stack is kept in a vector, so depth costs memory and not stack.

use super::{DumpsError, escape, float};
use crate::dict::Entry;
use crate::{Dict, Int, PyString, PythonVersion, Value};

/// Room for a header, so that one allocation is enough for it.
const FIRST_CAPACITY: usize = 128;

/// What the options and the version come to.
pub(super) struct Style<'a> {
    pub(super) python: PythonVersion,
    pub(super) ensure_ascii: bool,
    pub(super) allow_nan: bool,
    pub(super) sort_keys: bool,
    pub(super) indent: Option<Vec<u8>>,
    pub(super) item: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) max_depth: usize,
    pub(super) digits: usize,
}

impl Style<'static> {
    /// Without keyword arguments and without limits.
    pub(super) const DEFAULT: Self = Self {
        python: PythonVersion::V3_13,
        ensure_ascii: true,
        allow_nan: true,
        sort_keys: false,
        indent: None,
        item: b", ",
        key: b": ",
        max_depth: usize::MAX,
        digits: usize::MAX,
    };
}

/// What is left of a list or dict of which some is written.
enum Open<'a> {
    List(std::slice::Iter<'a, Value>),
    Dict(std::slice::Iter<'a, Entry>),
    Sorted(std::vec::IntoIter<&'a Entry>),
}

impl Open<'_> {
    const fn closing(&self) -> u8 {
        match self {
            Self::List(_) => b']',
            Self::Dict(_) | Self::Sorted(_) => b'}',
        }
    }
}

/// The text so far, as generalised UTF-8.
pub(super) struct Writer<'s> {
    style: &'s Style<'s>,
    pub(super) out: Vec<u8>,
}

impl<'s> Writer<'s> {
    pub(super) fn new(style: &'s Style<'s>) -> Self {
        Self { style, out: Vec::with_capacity(FIRST_CAPACITY) }
    }

    /// Writes a value of any depth.
    pub(super) fn value(&mut self, value: &Value) -> Result<(), DumpsError> {
        match self.scalar_or_open(value, 0)? {
            Some(open) => self.rest(open),
            None => Ok(()),
        }
    }

    /// Writes a dict.
    pub(super) fn dict(&mut self, dict: &Dict) -> Result<(), DumpsError> {
        match self.open_dict(dict, 0)? {
            Some(open) => self.rest(open),
            None => Ok(()),
        }
    }

    /// Writes what is left of a list or dict whose opening bracket is written.
    fn rest<'v>(&mut self, mut open: Open<'v>) -> Result<(), DumpsError> {
        let mut outer: Vec<Open<'v>> = Vec::new();
        let mut first = true;
        loop {
            let item = match &mut open {
                Open::List(items) => items.next().map(|value| (None, value)),
                Open::Dict(entries) => entries.next().map(|(key, value)| (Some(key), value)),
                Open::Sorted(entries) => entries.next().map(|(key, value)| (Some(key), value)),
            };
            let Some((key, value)) = item else {
                self.line(outer.len());
                self.out.push(open.closing());
                match outer.pop() {
                    Some(parent) => open = parent,
                    None => return Ok(()),
                }
                first = false;
                continue;
            };
            if !first {
                self.out.extend_from_slice(self.style.item);
            }
            self.line(outer.len() + 1);
            if let Some(key) = key {
                self.string(key);
                self.out.extend_from_slice(self.style.key);
            }
            first = false;
            if let Some(inner) = self.scalar_or_open(value, outer.len() + 1)? {
                outer.push(std::mem::replace(&mut open, inner));
                first = true;
            }
        }
    }

    /// Writes a value whole, or the opening bracket of one that has something in it.
    fn scalar_or_open<'v>(
        &mut self,
        value: &'v Value,
        depth: usize,
    ) -> Result<Option<Open<'v>>, DumpsError> {
        match value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Int(int) => self.int(int)?,
            Value::Float(float) => self.float(*float)?,
            Value::Str(string) => self.string(string),
            Value::Dict(dict) => return self.open_dict(dict, depth),
            Value::List(items) => {
                self.enter(depth)?;
                if !items.is_empty() {
                    self.out.push(b'[');
                    return Ok(Some(Open::List(items.iter())));
                }
                self.out.extend_from_slice(b"[]");
            }
        }
        Ok(None)
    }

    fn open_dict<'v>(
        &mut self,
        dict: &'v Dict,
        depth: usize,
    ) -> Result<Option<Open<'v>>, DumpsError> {
        self.enter(depth)?;
        if dict.is_empty() {
            self.out.extend_from_slice(b"{}");
            return Ok(None);
        }
        self.out.push(b'{');
        if !self.style.sort_keys {
            return Ok(Some(Open::Dict(dict.entries().iter())));
        }
        let mut entries: Vec<&Entry> = dict.entries().iter().collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Some(Open::Sorted(entries.into_iter())))
    }

    /// `_Py_EnterRecursiveCall`: one level more, if there may be one.
    fn enter(&self, depth: usize) -> Result<(), DumpsError> {
        if depth >= self.style.max_depth { Err(DumpsError::Recursion) } else { Ok(()) }
    }

    /// Begins a line of this depth, if there are lines.
    fn line(&mut self, depth: usize) {
        if let Some(indent) = &self.style.indent {
            self.out.push(b'\n');
            for _ in 0..depth {
                self.out.extend_from_slice(indent);
            }
        }
    }

    fn string(&mut self, string: &PyString) {
        if self.style.ensure_ascii {
            escape::ascii(string.as_generalized_utf8(), &mut self.out);
        } else {
            escape::unicode(string.as_generalized_utf8(), &mut self.out);
        }
    }

    fn int(&mut self, int: &Int) -> Result<(), DumpsError> {
        // The digits are only counted where there is a limit.
        if self.style.digits != usize::MAX && int.digits() > self.style.digits {
            let Style { digits: limit, python, .. } = *self.style;
            return Err(DumpsError::IntDigits { limit, python });
        }
        int.with_decimal(|digits| self.out.extend_from_slice(digits.as_bytes()));
        Ok(())
    }

    fn float(&mut self, float: f64) -> Result<(), DumpsError> {
        if !float.is_finite() && !self.style.allow_nan {
            // The Python encoder has always named it; the C encoder does from 3.12.
            let named = self.style.indent.is_some() || self.style.python >= PythonVersion::V3_12;
            return Err(DumpsError::OutOfRangeFloat { float, named });
        }
        float::write(float, &mut self.out);
        Ok(())
    }
}
