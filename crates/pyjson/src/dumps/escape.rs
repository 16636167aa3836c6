//! Strings: CPython's `ascii_escape_unicode` and `escape_unicode`.

/// Writes a string in quotes with everything but printable ASCII escaped.
pub(super) fn ascii(string: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = string;
    loop {
        let plain = rest.iter().position(|b| !is_plain_ascii(*b)).unwrap_or(rest.len());
        let (copied, from) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
        out.extend_from_slice(copied);
        let [first, behind @ ..] = from else { break };
        rest = if *first < 0x80 {
            short_escape(*first, out);
            behind
        } else {
            non_ascii(from, out)
        };
    }
    out.push(b'"');
}

/// Writes a string in quotes with quotes, backslashes and control characters escaped.
pub(super) fn unicode(string: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = string;
    loop {
        let special = |b: &u8| *b < 0x20 || *b == b'"' || *b == b'\\';
        let plain = rest.iter().position(special).unwrap_or(rest.len());
        let (copied, from) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
        out.extend_from_slice(copied);
        let [first, behind @ ..] = from else { break };
        short_escape(*first, out);
        rest = behind;
    }
    out.push(b'"');
}

const fn is_plain_ascii(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// Escapes an ASCII byte.
fn short_escape(byte: u8, out: &mut Vec<u8>) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => return unit_escape(u16::from(byte), out),
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// Escapes the code point that `string` begins with, which is not ASCII; gives what follows it.
fn non_ascii<'a>(string: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let low = |byte: &u8| u16::from(byte & 0x3f);
    match string {
        [a @ 0xc0..0xe0, b, rest @ ..] => {
            unit_escape(u16::from(a & 0x1f) << 6 | low(b), out);
            rest
        }
        [a @ 0xe0..0xf0, b, c, rest @ ..] => {
            unit_escape(u16::from(a & 0x0f) << 12 | low(b) << 6 | low(c), out);
            rest
        }
        [a, b, c, d, rest @ ..] => {
            // Less 0x10000, the upper ten bits are the high surrogate's.
            let high = (u16::from(a & 0x07) << 8 | low(b) << 2 | low(c) >> 4) - 0x40;
            unit_escape(0xd800 | high, out);
            unit_escape(0xdc00 | (low(c) & 0x0f) << 6 | low(d), out);
            rest
        }
        // Not reached: a string is generalised UTF-8.
        _ => &[],
    }
}

/// Writes `\uXXXX`.
fn unit_escape(unit: u16, out: &mut Vec<u8>) {
    let digit = |shift: u16| {
        let nibble = (unit >> shift & 0x0f).to_le_bytes()[0];
        if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }
    };
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}
