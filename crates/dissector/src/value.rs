//! Lua data: tables, strings, numbers.

use std::fmt::Write;

/// A value as Lua source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lua {
    Bool(bool),
    Number(u64),
    Text(Vec<u8>),
    /// Values by name.
    Table(Vec<(&'static str, Lua)>),
    /// Values numbered from 1.
    List(Vec<Lua>),
    /// Values by number.
    Sparse(Vec<(u64, Lua)>),
}

impl Lua {
    pub(crate) fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(text.as_ref().to_vec())
    }

    pub(crate) fn index(zero_based: usize) -> Self {
        Self::Number(one_based(zero_based))
    }

    pub(crate) fn size(size: usize) -> Self {
        Self::Number(u64::try_from(size).unwrap_or(u64::MAX))
    }

    pub(crate) fn texts(texts: &[String]) -> Self {
        Self::List(texts.iter().map(Self::text).collect())
    }

    /// Writes its source. A value that fits on a line gets one line.
    pub(crate) fn write(&self, out: &mut String, depth: usize) {
        const LINE_MAX: usize = 100;
        let flat = self.flat();
        let entries = match self {
            Self::Table(entries) => {
                entries.iter().map(|(name, value)| (format!("{name} = "), value)).collect()
            }
            Self::List(values) => values.iter().map(|value| (String::new(), value)).collect(),
            _ => Vec::new(),
        };
        if entries.is_empty() || flat.len() + 4 * depth <= LINE_MAX {
            out.push_str(&flat);
            return;
        }
        out.push_str("{\n");
        for (name, value) in entries {
            out.push_str(&"    ".repeat(depth + 1));
            out.push_str(&name);
            value.write(out, depth + 1);
            out.push_str(",\n");
        }
        out.push_str(&"    ".repeat(depth));
        out.push('}');
    }

    /// Its source on one line.
    fn flat(&self) -> String {
        let braced = |entries: Vec<String>| match entries.as_slice() {
            [] => "{}".to_owned(),
            entries => format!("{{ {} }}", entries.join(", ")),
        };
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => number(*value),
            Self::Text(bytes) => quoted(bytes),
            Self::Table(entries) => {
                let entry = |(name, value): &(&str, Self)| format!("{name} = {}", value.flat());
                braced(entries.iter().map(entry).collect())
            }
            Self::List(values) => braced(values.iter().map(Self::flat).collect()),
            Self::Sparse(entries) => {
                let entry = |(index, value): &(u64, Self)| format!("[{index}] = {}", value.flat());
                braced(entries.iter().map(entry).collect())
            }
        }
    }
}

pub(crate) fn one_based(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1)
}

/// A number. Some Lua versions have only floats. A number that is too large for a float exceeds all limits, and
/// is written as a float for every version.
fn number(value: u64) -> String {
    const EXACT_MAX: u64 = 1 << 53;
    if value <= EXACT_MAX { value.to_string() } else { format!("{value}.0") }
}

/// A string. Bytes that are not printable ASCII are written as `\ddd`.
fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(*byte));
            }
            b' '..=b'~' => out.push(char::from(*byte)),
            // Writing to a String can't fail.
            _ => drop(write!(out, "\\{byte:03}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_printable_ascii_whatever_its_bytes_are() {
        assert_eq!(quoted(b"a\"\\\n1\xff"), r#""a\"\\\0101\255""#);
    }

    #[test]
    fn a_number_beyond_what_a_float_holds_stands_as_a_float() {
        assert_eq!(number(1 << 53), "9007199254740992");
        assert_eq!(number(u64::MAX), "18446744073709551615.0");
    }
}
