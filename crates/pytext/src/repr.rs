//! `repr(str)`: the text a program shows when it prints a container of strings, or `{s!r}`.
//!
//! Source: `unicode_repr` in CPython's `Objects/unicodeobject.c`.

use std::fmt::Write as _;

use crate::PythonVersion;
use crate::printable::is_printable;

/// `repr(str)` as CPython 3.13 writes it.
///
/// The quote is `'`, or `"` if the text has a `'` and no `"`. The quote and the backslash get a
/// backslash, `\t \n \r` become their letters, and a code point that is not printable becomes
/// `\xhh`, `\uhhhh` or `\Uhhhhhhhh` in lower case.
///
/// ```
/// assert_eq!(pytext::repr_str("it's"), r#""it's""#);
/// assert_eq!(pytext::repr_str("é\u{a0}\u{1f40d}\0"), r"'é\xa0🐍\x00'");
/// ```
#[must_use]
pub fn repr_str(text: &str) -> String {
    repr_str_as(PythonVersion::default(), text)
}

/// [`repr_str`] as one version writes it: an older version escapes characters that its Unicode
/// does not know.
///
/// ```
/// use pytext::PythonVersion;
///
/// assert_eq!(pytext::repr_str_as(PythonVersion::V3_11, "\u{1fae8}"), r"'\U0001fae8'");
/// assert_eq!(pytext::repr_str_as(PythonVersion::V3_12, "\u{1fae8}"), "'\u{1fae8}'");
/// ```
#[must_use]
pub fn repr_str_as(version: PythonVersion, text: &str) -> String {
    if shows_itself(text.as_bytes()) {
        return format!("'{text}'");
    }
    repr_code_points_as(version, text.chars().map(u32::from))
}

/// `repr(str)` over code points, for a `str` that holds lone surrogates.
///
/// A surrogate becomes `\udc80` or similar; a surrogate pair is not a character to Python and
/// gives two escapes. A value above U+10FFFF, which no `str` holds, becomes `\Uhhhhhhhh`.
///
/// ```
/// assert_eq!(pytext::repr_code_points([0x61, 0xdcff].into_iter()), r"'a\udcff'");
/// ```
#[must_use]
pub fn repr_code_points(code_points: impl Iterator<Item = u32> + Clone) -> String {
    repr_code_points_as(PythonVersion::default(), code_points)
}

/// [`repr_code_points`] as one version writes it.
///
/// ```
/// use pytext::PythonVersion;
///
/// let text = [0xd800, 0x1f70d].into_iter();
/// assert_eq!(pytext::repr_code_points_as(PythonVersion::V3_6, text), r"'\ud800🜍'");
/// ```
#[must_use]
pub fn repr_code_points_as(
    version: PythonVersion,
    code_points: impl Iterator<Item = u32> + Clone,
) -> String {
    let has = |quote| code_points.clone().any(|code| code == u32::from(quote));
    let quote = quote_for(has('\''), has('"'));
    let mut out = String::with_capacity(code_points.size_hint().0.saturating_add(2));
    out.push(quote);
    for code in code_points {
        push_code_point(&mut out, code, quote, version);
    }
    out.push(quote);
    out
}

/// Whether `repr` only adds single quotes around the bytes, which is usual.
pub(crate) fn shows_itself(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'\'' | b'\\'))
}

/// `'`, unless only that would need a backslash.
pub(crate) fn quote_for(single: bool, double: bool) -> char {
    if single && !double { '"' } else { '\'' }
}

/// One ASCII character inside quotes.
pub(crate) fn push_ascii(out: &mut String, c: char, quote: char) {
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\\' => out.push_str("\\\\"),
        _ if c == quote => {
            out.push('\\');
            out.push(c);
        }
        ' '..='~' => out.push(c),
        _ => push_hex(out, u32::from(c)),
    }
}

/// The shortest of `\xhh`, `\uhhhh` and `\Uhhhhhhhh` that holds the code.
pub(crate) fn push_hex(out: &mut String, code: u32) {
    // Writing to a `String` cannot fail.
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

fn push_code_point(out: &mut String, code: u32, quote: char, version: PythonVersion) {
    match char::from_u32(code) {
        Some(c) if c.is_ascii() => push_ascii(out, c, quote),
        Some(c) if is_printable(version, code) => out.push(c),
        _ => push_hex(out, code),
    }
}
