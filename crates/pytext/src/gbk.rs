//! `bytes.decode('gbk')`, strict.
//!
//! ```text
//! 00..7f                                  ASCII
//! 81..fe  40..7e | 80..fe, not in a gap   one character
//! ```
//!
//! encoding_rs implements the WHATWG's gbk, which accepts more: 0x80 for the euro sign, the
//! four bytes of gb18030, and a character, often a private one, for each gap. Where CPython has
//! a character, the two agree. So this asks encoding_rs only about bytes that CPython accepts.

use crate::UnicodeDecodeError;

/// `bytes.decode('gbk')` like CPython's own codec, `Modules/cjkcodecs/_codecs_cn.c`.
///
/// ```
/// assert_eq!(pytext::decode_gbk(b"\xc4\xe3\xba\xc3!").unwrap(), "你好!");
/// assert_eq!(
///     pytext::decode_gbk(b"\xc4\xe3\x80!").unwrap_err().to_string(),
///     "'gbk' codec can't decode byte 0x80 in position 2: illegal multibyte sequence"
/// );
/// assert_eq!(
///     pytext::decode_gbk(b"\xc4").unwrap_err().to_string(),
///     "'gbk' codec can't decode byte 0xc4 in position 0: incomplete multibyte sequence"
/// );
/// ```
///
/// # Errors
///
/// [`UnicodeDecodeError`], with CPython's text, for the first byte that begins no character.
pub fn decode_gbk(bytes: &[u8]) -> Result<String, UnicodeDecodeError> {
    let mut rest = skip_ascii(bytes);
    while let [lead, behind @ ..] = rest {
        rest = match behind {
            [trail, rest @ ..] if is_character(*lead, *trail) => skip_ascii(rest),
            [] => return Err(refuse(bytes, rest, "incomplete multibyte sequence")),
            _ => return Err(refuse(bytes, rest, "illegal multibyte sequence")),
        };
    }
    let (text, _) = encoding_rs::GBK.decode_without_bom_handling(bytes);
    Ok(text.into_owned())
}

fn skip_ascii(bytes: &[u8]) -> &[u8] {
    let at = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(bytes.len());
    bytes.get(at..).unwrap_or_default()
}

/// CPython reports only the lead byte, and looks at it only once another byte follows.
fn refuse(bytes: &[u8], rest: &[u8], reason: &'static str) -> UnicodeDecodeError {
    let start = bytes.len().saturating_sub(rest.len());
    let byte = rest.first().copied().unwrap_or_default();
    UnicodeDecodeError::new("gbk", byte, start, start.saturating_add(1), reason)
}

fn is_character(lead: u8, trail: u8) -> bool {
    matches!(lead, 0x81..=0xfe)
        && matches!(trail, 0x40..=0x7e | 0x80..=0xfe)
        && !is_gap(lead, trail)
}

/// Pairs within the range of both bytes that have no character in CPython's gbk.
fn is_gap(lead: u8, trail: u8) -> bool {
    match (lead, trail) {
        // The three user-defined areas.
        (0xa1..=0xa7, ..=0xa0) | (0xaa..=0xaf | 0xf8..=0xfe, 0xa1..) => true,
        // Characters that gb18030 added to gbk.
        (0xfe, 0x50..) => true,
        _ => matches!(u16::from_be_bytes([lead, trail]),
            0xa2ab..=0xa2b0 | 0xa2e3..=0xa2e4 | 0xa2ef..=0xa2f0 | 0xa2fd..=0xa2fe
            | 0xa4f4..=0xa4fe | 0xa5f7..=0xa5fe
            | 0xa6b9..=0xa6c0 | 0xa6d9..=0xa6df | 0xa6ec..=0xa6ed | 0xa6f3 | 0xa6f6..=0xa6fe
            | 0xa7c2..=0xa7d0 | 0xa7f2..=0xa7fe
            | 0xa896..=0xa8a0 | 0xa8bc | 0xa8bf | 0xa8c1..=0xa8c4 | 0xa8ea..=0xa8fe
            | 0xa958 | 0xa95b | 0xa95d..=0xa95f | 0xa989..=0xa995 | 0xa997..=0xa9a3
            | 0xa9f0..=0xa9fe | 0xd7fa..=0xd7fe),
    }
}
