//! JSON text that CPython reads and RFC 8259 does not allow.

use std::fmt;

/// Why a text is not JSON as RFC 8259 defines it, although `json.loads` accepts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRfc8259 {
    /// It is not UTF-8 (section 8.1). `json.loads` also reads UTF-16, UTF-32, and UTF-8 with lone surrogates.
    Encoding,
    /// It begins with a byte order mark (section 8.1).
    ByteOrderMark,
    /// It has `NaN`, `Infinity` or `-Infinity` (section 6).
    Constant,
    /// It has a lone surrogate, such as `"\ud800"` (section 8.2). The grammar allows it, but many readers do
    /// not.
    LoneSurrogate,
}

impl fmt::Display for NotRfc8259 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "it is not UTF-8",
            Self::ByteOrderMark => "it begins with a byte order mark",
            Self::Constant => "it has NaN or an infinity",
            Self::LoneSurrogate => "it has a lone surrogate",
        })
    }
}

/// Why a text that [`loads_bytes`](crate::loads_bytes) accepts is not JSON as RFC 8259 defines it. `None` if it
/// is. The answer for a text that `loads_bytes` refuses has no meaning.
///
/// ```
/// use pyjson::{NotRfc8259, not_rfc8259};
///
/// assert_eq!(not_rfc8259(br#"{"size": NaN}"#), Some(NotRfc8259::Constant));
/// assert_eq!(not_rfc8259(br#"{"size": 1e999, "NaN": "\ud83d\ude00"}"#), None);
/// ```
#[must_use]
pub fn not_rfc8259(text: &[u8]) -> Option<NotRfc8259> {
    let Ok(text) = std::str::from_utf8(text) else { return Some(NotRfc8259::Encoding) };
    if text.starts_with('\u{feff}') {
        return Some(NotRfc8259::ByteOrderMark);
    }
    // UTF-16 and UTF-32 of ASCII text are UTF-8, too. JSON text has no NUL.
    if text.contains('\0') {
        return Some(NotRfc8259::Encoding);
    }
    let mut rest = text;
    // Outside of strings, only these constants have such letters.
    while let Some(at) = rest.find(['"', 'N', 'I']) {
        let (_, found) = rest.split_at(at);
        let Some(inner) = found.strip_prefix('"') else { return Some(NotRfc8259::Constant) };
        match after_string(inner) {
            Some(after) => rest = after,
            None => return Some(NotRfc8259::LoneSurrogate),
        }
    }
    None
}

/// The text after a string, given the text after its opening quotation mark. `None` if the string has a lone
/// surrogate.
fn after_string(mut rest: &str) -> Option<&str> {
    while let Some(at) = rest.find(['"', '\\']) {
        let (_, found) = rest.split_at(at);
        if let Some(after) = found.strip_prefix('"') {
            return Some(after);
        }
        let (unit, after) = escape(found);
        rest = match unit {
            Some(0xd800..=0xdbff) => {
                let (next, after) = escape(after);
                next.filter(|next| matches!(next, 0xdc00..=0xdfff)).map(|_| after)?
            }
            Some(0xdc00..=0xdfff) => return None,
            _ => after,
        };
    }
    Some("")
}

/// The code unit of an escape `\uXXXX` at the beginning of a text, and the text after the escape.
fn escape(text: &str) -> (Option<u16>, &str) {
    let unit =
        text.strip_prefix("\\u").and_then(|digits| u16::from_str_radix(digits.get(..4)?, 16).ok());
    let len = if unit.is_some() { 6 } else { 2 };
    (unit, text.get(len..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loads_bytes;

    #[test]
    fn what_only_cpython_reads_is_named() {
        let utf16: Vec<u8> = "{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark: Vec<u8> =
            "\u{feff}[\"é\"]".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (text, why) in [
            (&utf16[..], NotRfc8259::Encoding),
            (&with_mark, NotRfc8259::Encoding),
            (b"\"\xed\xa0\x80\"", NotRfc8259::Encoding),
            ("\u{feff}{}".as_bytes(), NotRfc8259::ByteOrderMark),
            (b"[1, NaN]", NotRfc8259::Constant),
            (b"Infinity", NotRfc8259::Constant),
            (b"{\"a\": -Infinity}", NotRfc8259::Constant),
            (br#""\ud800""#, NotRfc8259::LoneSurrogate),
            (br#""\\\uDFFF""#, NotRfc8259::LoneSurrogate),
            (br#""\ud800\n""#, NotRfc8259::LoneSurrogate),
            (br#""\ud800\ud800\udc00""#, NotRfc8259::LoneSurrogate),
            (br#""\ude00\ud83d""#, NotRfc8259::LoneSurrogate),
        ] {
            let shown = String::from_utf8_lossy(text);
            assert!(loads_bytes(text).is_ok(), "{shown}");
            assert_eq!(not_rfc8259(text), Some(why), "{shown}");
        }
    }

    #[test]
    fn json_of_rfc_8259_is_allowed() {
        for text in [
            r#"{"NaN": "Infinity", "x": [-0.0, 1e999, null, true]}"#,
            r#""\ud83d\ude00 \\ud800 \" NaN""#,
            r#""\uD83D\uDE00""#,
            "\"\u{feff}\u{10ffff}\"",
            " [] ",
        ] {
            assert!(loads_bytes(text.as_bytes()).is_ok(), "{text}");
            assert_eq!(not_rfc8259(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for text in [
            &b"\"\\"[..],
            b"\"\\u",
            b"\"\\ud8",
            b"\"\\ud800",
            b"\"\\ud800\\",
            "\"\\é".as_bytes(),
            "\"\\u00é".as_bytes(),
            b"",
        ] {
            let _ = not_rfc8259(text);
        }
    }
}
