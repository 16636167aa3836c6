//! The writer. It follows CPython's C encoder (`Modules/_json.c`), or its Python encoder with
//! `indent`, which writes the same except for the lines.
//!
//! CPython keeps its state on the C stack. This keeps it in a vector, so depth costs memory and
//! not stack.

use super::{DumpsError, escape, float};
use crate::recursion::Dumping;
use crate::value::Entry;
use crate::{Dict, Int, PyString, PythonVersion, Value};

/// Room for a header, so that it usually needs one allocation.
pub(super) const FIRST_CAPACITY: usize = 128;

/// The options and the version, resolved.
pub(super) struct Style<'a> {
    pub(super) python: PythonVersion,
    pub(super) ensure_ascii: bool,
    pub(super) allow_nan: bool,
    pub(super) sort_keys: bool,
    pub(super) indent: Option<Vec<u8>>,
    pub(super) item: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) counts: Dumping,
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
        item: ITEM,
        key: KEY,
        counts: Dumping::lists_and_dicts(usize::MAX),
        digits: usize::MAX,
    };
}

/// The default text between items.
const ITEM: &[u8] = b", ";
/// The default text between a key and its value.
const KEY: &[u8] = b": ";

/// The rest of a list or dict that is partly written.
enum Open<'a> {
    List(std::slice::Iter<'a, Value>),
    Dict(std::slice::Iter<'a, Entry>),
    Sorted(std::vec::IntoIter<&'a Entry>),
}

impl Open<'_> {
    const fn opening(&self) -> u8 {
        match self {
            Self::List(_) => b'[',
            Self::Dict(_) | Self::Sorted(_) => b'{',
        }
    }

    const fn closing(&self) -> u8 {
        match self {
            Self::List(_) => b']',
            Self::Dict(_) | Self::Sorted(_) => b'}',
        }
    }

    /// How many items or entries are left.
    fn len(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Dict(entries) => entries.len(),
            Self::Sorted(entries) => entries.len(),
        }
    }
}

/// The text so far, as generalised UTF-8.
///
/// `DEFAULT` is true for a writer of [`Style::DEFAULT`], which then need not look at its style.
pub(super) struct Writer<'s, const DEFAULT: bool> {
    style: &'s Style<'s>,
    pub(super) out: Vec<u8>,
}

impl<'s, const DEFAULT: bool> Writer<'s, DEFAULT> {
    /// A writer that appends to a text.
    pub(super) const fn onto(out: Vec<u8>, style: &'s Style<'s>) -> Self {
        Self { style, out }
    }

    /// Writes a value of any depth.
    pub(super) fn value(&mut self, value: &Value) -> Result<(), DumpsError> {
        match value {
            Value::List(items) => self.nested(Open::List(items.iter())),
            Value::Dict(dict) => self.dict(dict),
            scalar => self.scalar(scalar, 0),
        }
    }

    /// Writes a dict of any depth.
    pub(super) fn dict(&mut self, dict: &Dict) -> Result<(), DumpsError> {
        let open = self.entries_of(dict);
        self.nested(open)
    }

    /// Writes a list or dict, with everything in it.
    fn nested<'v>(&mut self, mut open: Open<'v>) -> Result<(), DumpsError> {
        let mut outer: Vec<Open<'v>> = Vec::new();
        let mut first = true;
        self.enter(0, &open)?;
        self.out.push(open.opening());
        loop {
            let item = match &mut open {
                Open::List(items) => items.next().map(|value| (None, value)),
                Open::Dict(entries) => entries.next().map(|(key, value)| (Some(key), value)),
                Open::Sorted(entries) => entries.next().map(|(key, value)| (Some(key), value)),
            };
            let Some((key, value)) = item else {
                if !first {
                    self.line(outer.len());
                }
                self.out.push(open.closing());
                match outer.pop() {
                    Some(parent) => open = parent,
                    None => return Ok(()),
                }
                first = false;
                continue;
            };
            if !first {
                self.out.extend_from_slice(if DEFAULT { ITEM } else { self.style.item });
            }
            self.line(outer.len() + 1);
            if let Some(key) = key {
                if DEFAULT {
                    escape::key::<true>(key, &mut self.out);
                } else {
                    self.string(key);
                    self.out.extend_from_slice(self.style.key);
                }
            }
            let inner = match value {
                Value::List(items) => Open::List(items.iter()),
                Value::Dict(dict) => self.entries_of(dict),
                scalar => {
                    self.scalar(scalar, outer.len() + 1)?;
                    first = false;
                    continue;
                }
            };
            self.enter(outer.len() + 1, &inner)?;
            self.out.push(inner.opening());
            outer.push(std::mem::replace(&mut open, inner));
            first = true;
        }
    }

    /// Writes a value that is neither a list nor a dict, at this depth.
    #[inline]
    fn scalar(&mut self, value: &Value, depth: usize) -> Result<(), DumpsError> {
        match value {
            Value::Null | Value::List(_) | Value::Dict(_) => self.out.extend_from_slice(b"null"),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Int(int) => return self.int(int, depth),
            Value::Float(float) => return self.float(*float, depth),
            Value::Str(string) => self.string(string),
        }
        Ok(())
    }

    /// The entries of a dict, in the order of writing.
    fn entries_of<'v>(&self, dict: &'v Dict) -> Open<'v> {
        if DEFAULT || !self.style.sort_keys {
            return Open::Dict(dict.entries().iter());
        }
        let mut entries: Vec<&Entry> = dict.entries().iter().collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Open::Sorted(entries.into_iter())
    }

    /// `_Py_EnterRecursiveCall`: enters one more level, if the limit allows it.
    fn enter(&self, depth: usize, inner: &Open<'_>) -> Result<(), DumpsError> {
        if DEFAULT {
            return Ok(());
        }
        let Dumping { open, begin, sort, sort_one, .. } = self.style.counts;
        open.make(self.levels_left(depth))?;
        let left = self.levels_left(depth + 1);
        if inner.len() > 0 {
            begin.make(left)?;
        }
        match inner {
            Open::Sorted(entries) if entries.len() > 1 => sort.make(left)?,
            Open::Sorted(entries) if entries.len() == 1 => sort_one.make(left)?,
            _ => {}
        }
        Ok(())
    }

    /// How many levels are left at this depth.
    const fn levels_left(&self, depth: usize) -> usize {
        self.style.counts.levels.saturating_sub(depth)
    }

    /// Begins a line of this depth, if the style has lines.
    fn line(&mut self, depth: usize) {
        if !DEFAULT && let Some(indent) = &self.style.indent {
            self.out.push(b'\n');
            // An empty indent stays empty, however often it is repeated.
            let repeated = if indent.is_empty() { 0 } else { depth };
            for _ in 0..repeated {
                self.out.extend_from_slice(indent);
            }
        }
    }

    fn string(&mut self, string: &PyString) {
        if DEFAULT || self.style.ensure_ascii {
            escape::string::<true>(string, &mut self.out);
        } else {
            escape::string::<false>(string, &mut self.out);
        }
    }

    fn int(&mut self, int: &Int, depth: usize) -> Result<(), DumpsError> {
        if !DEFAULT {
            let Style { digits: limit, python, ref counts, .. } = *self.style;
            let left = self.levels_left(depth);
            counts.int.make(left)?;
            if int.digits() > limit {
                counts.value_error.make(left)?;
                return Err(DumpsError::IntDigits { limit, python });
            }
        }
        int.write(&mut self.out);
        Ok(())
    }

    fn float(&mut self, float: f64, depth: usize) -> Result<(), DumpsError> {
        if !DEFAULT {
            let Style { allow_nan, python, ref counts, .. } = *self.style;
            let calls = match (float.is_finite(), allow_nan) {
                (true, _) => counts.float,
                (false, true) => counts.not_finite,
                (false, false) => counts.refused,
            };
            calls.make(self.levels_left(depth))?;
            if !float.is_finite() && !allow_nan {
                // The Python encoder has always shown the float; the C encoder shows it from 3.12
                // on.
                let named = self.style.indent.is_some() || python >= PythonVersion::V3_12;
                return Err(DumpsError::OutOfRangeFloat { float, named });
            }
        }
        float::write(float, &mut self.out);
        Ok(())
    }
}
