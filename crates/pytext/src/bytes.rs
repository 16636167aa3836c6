//! Methods of `bytes`: `upper`, `strip` and `repr`. They depend on no encoding and no locale.

use crate::repr::{push_ascii, push_hex, quote_for, shows_itself};

/// `bytes.upper()`: only `a` to `z` change.
///
/// ```
/// assert_eq!(pytext::bytes_upper("grüße".as_bytes()), "GRüßE".as_bytes());
/// ```
#[must_use]
pub fn bytes_upper(bytes: &[u8]) -> Vec<u8> {
    bytes.to_ascii_uppercase()
}

/// `bytes.strip()`: removes the leading and trailing bytes of CPython's `Py_ISSPACE`, which are
/// `\t \n \x0b \x0c \r` and space. It keeps the separators `\x1c` to `\x1f`, which
/// [`str_strip`] removes.
///
/// ```
/// assert_eq!(pytext::bytes_strip(b"\x0b\x0c a b \r\n"), b"a b");
/// assert_eq!(pytext::bytes_strip(b"\x1ca\x85"), b"\x1ca\x85");
/// ```
///
/// [`str_strip`]: crate::str_strip
#[must_use]
pub fn bytes_strip(mut bytes: &[u8]) -> &[u8] {
    while let [b'\t'..=b'\r' | b' ', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b'\t'..=b'\r' | b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// `repr(bytes)`: `b'..'`, or `b".."` if there is a `'` and no `"`.
///
/// The quote and the backslash get a backslash, `\t \n \r` become their letters, and every
/// other byte outside space to `~` becomes `\xhh` in lower case. Source: `PyBytes_Repr`.
///
/// ```
/// assert_eq!(pytext::repr_bytes(b"a'b\n\xff"), r#"b"a'b\n\xff""#);
/// assert_eq!(pytext::repr_bytes(br#"'""#), r#"b'\'"'"#);
/// ```
#[must_use]
pub fn repr_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_add(3));
    push_repr_bytes(&mut out, bytes);
    out
}

/// Appends [`repr_bytes`] to a text.
pub fn push_repr_bytes(out: &mut String, bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && shows_itself(bytes)
    {
        out.push_str("b'");
        out.push_str(text);
        out.push('\'');
        return;
    }
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        if byte.is_ascii() {
            push_ascii(out, char::from(byte), quote);
        } else {
            push_hex(out, u32::from(byte));
        }
    }
    out.push(quote);
}
