//! Parses an output whose lines are the repr of some bytes. It is for outputs where the cuts
//! between the lines are chance, but their bytes are not.

/// The bytes of each line, if every line is exactly what `repr` makes of some bytes.
pub(crate) fn parts_of(screen: &[u8]) -> Option<Vec<Vec<u8>>> {
    if screen.is_empty() {
        return Some(Vec::new());
    }
    screen.strip_suffix(b"\n")?.split(|byte| *byte == b'\n').map(bytes_of_repr).collect()
}

/// The bytes of this repr. `None` for another spelling of the same bytes.
fn bytes_of_repr(line: &[u8]) -> Option<Vec<u8>> {
    let (quote, inside) = match line {
        [b'b', open @ (b'\'' | b'"'), inside @ .., close] if open == close => (*open, inside),
        _ => return None,
    };
    let mut bytes = Vec::new();
    let mut rest = inside;
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => (spelt_in_hex(*high, *low)?, after),
            (b'\\', [b't', after @ ..]) => (b'\t', after),
            (b'\\', [b'n', after @ ..]) => (b'\n', after),
            (b'\\', [b'r', after @ ..]) => (b'\r', after),
            (b'\\', [b'\\', after @ ..]) => (b'\\', after),
            (b'\\', [b'\'', after @ ..]) if quote == b'\'' => (b'\'', after),
            (b' '..=b'~', _) if !matches!(first, b'\\') && *first != quote => (*first, after),
            _ => return None,
        };
        bytes.push(byte);
        rest = after;
    }
    let double = bytes.contains(&b'\'') && !bytes.contains(&b'"');
    (double == (quote == b'"')).then_some(bytes)
}

/// A byte that repr spells with two lower-case digits because it has no shorter spelling.
fn spelt_in_hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let byte = digit(high)? * 16 + digit(low)?;
    let has_better = matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    (!has_better).then_some(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repr_is_read_back_and_any_other_spelling_refused() {
        for (line, bytes) in [
            ("b''", &b""[..]),
            ("b'12345'", b"12345"),
            ("b'\\xe4\\xbd\\x00\\x7f'", b"\xe4\xbd\x00\x7f"),
            ("b'\\t\\n\\r\\\\'", b"\t\n\r\\"),
            ("b\"it's\"", b"it's"),
            ("b'\"'", b"\""),
            ("b'\\'\"'", b"'\""),
        ] {
            assert_eq!(bytes_of_repr(line.as_bytes()).as_deref(), Some(bytes), "{line}");
        }
        for line in [
            "", "b", "b'", "''", "12345", "b'a\"", "b\"a\"", "b'it's'", "b'\\x61'", "b'\\xE4'",
            "b'\\x0a'", "b'\\q'", "b'\\'", "b'\\x1'", "b'\\'a'", "b'é'", " b''", "b'' ",
        ] {
            assert_eq!(bytes_of_repr(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_screen_is_whole_lines_or_nothing() {
        assert_eq!(parts_of(b""), Some(vec![]));
        assert_eq!(parts_of(b"b'a'\nb''\n"), Some(vec![b"a".to_vec(), vec![]]));
        for screen in [&b"b'a'"[..], b"b'a'\n\n", b"b'a'\nx\n", b"\n"] {
            assert_eq!(parts_of(screen), None, "{}", screen.escape_ascii());
        }
    }
}
