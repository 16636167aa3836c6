//! The possible first parts of a frame, given the start of all pieces.

use layout::{Encoding, Format, Kind, Size};

use crate::facts::Facts;
use crate::guess::{Piece, Transport};

/// The formats to try if no program was seen to use a matching one.
const FORMATS: [&str; 21] = [
    ">I", "<I", ">H", "<H", ">Q", "<Q", "B", ">II", "<II", ">HH", "<HH", ">HI", "<HI", ">BI",
    "<BI", ">BH", "<BH", ">QQ", "<QQ", ">IB", "<IB",
];

/// The largest width of decimal numbers to try.
const WIDTH_MAX: usize = 20;

/// The delimiters after numbers and after texts.
const BEHIND_NUMBERS: [&[u8]; 9] = [b"\r\n", b"\n", b"\0", b" ", b":", b"|", b",", b";", b"#"];
const BEHIND_TEXTS: [&[u8]; 3] = [b"\r\n", b"\n", b"\0"];

/// The maximum length of a text that a program reads in one piece.
const FIXED_MAX: usize = 4096;

/// All possible beginnings of a frame.
pub(crate) fn all(
    pieces: &[&[u8]],
    of: &[&Piece],
    transport: Transport,
    facts: &Facts,
) -> Vec<Kind> {
    let mut kinds = numbers(pieces, facts);
    kinds.extend(until(pieces));
    kinds.extend(fixed(pieces, facts));
    let is_json = |bytes: &&[u8]| is_json(bytes);
    if pieces.iter().all(is_json) {
        kinds.push(Kind::Json(Size::Rest));
    } else if transport == Transport::Stream && are_turns_json(of) {
        kinds.push(Kind::Json(Size::Turn));
    }
    if transport == Transport::Datagrams {
        kinds.push(match encoding(pieces) {
            Some(encoding) => Kind::Text { size: Size::Rest, encoding },
            None => Kind::Bytes(Size::Rest),
        });
    }
    kinds
}

/// The kinds of numbers that may be at the start of all these pieces.
pub(crate) fn numbers(pieces: &[&[u8]], facts: &Facts) -> Vec<Kind> {
    let seen = facts.formats();
    let usual = FORMATS.into_iter().filter(|format| !seen.contains(format));
    let formats = seen.iter().copied().chain(usual).filter_map(|text| Format::parse(text).ok());
    let is_there = |format: &Format| {
        let has_number = format.bounds().iter().any(Option::is_some);
        has_number && pieces.iter().all(|piece| piece.len() >= format.size())
    };
    let struct_of = |format: Format| {
        let count = format.values();
        let fields =
            if count > 1 { (0..count).map(|nth| format!("f{nth}")).collect() } else { vec![] };
        Kind::Struct { format, fields }
    };
    let mut kinds: Vec<Kind> = formats.filter(is_there).map(struct_of).collect();
    let widths =
        (1..=WIDTH_MAX).filter(|width| pieces.iter().all(|it| is_padded_number(it, *width)));
    kinds.extend(widths.map(|width| Kind::Digits { width }));
    let delimiters = BEHIND_NUMBERS.into_iter();
    let fits = |delimiter: &&[u8]| pieces.iter().all(|piece| is_number_until(piece, delimiter));
    kinds.extend(delimiters.filter(fits).map(|it| Kind::NumberUntil(it.to_vec())));
    kinds
}

/// The kinds of lines that all these pieces may begin with.
pub(crate) fn until(pieces: &[&[u8]]) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for delimiter in BEHIND_TEXTS {
        let lines: Option<Vec<&[u8]>> = pieces.iter().map(|it| before(it, delimiter)).collect();
        let Some(lines) = lines else { continue };
        if lines.iter().all(|line| is_json(line)) {
            kinds.push(Kind::JsonUntil(delimiter.to_vec()));
        }
        // All lines must be text in the encoding, not only the first ones.
        if let Some(encoding) = encoding(pieces).or_else(|| encoding(&lines)) {
            kinds.push(Kind::TextUntil { delimiter: delimiter.to_vec(), encoding });
        }
    }
    kinds
}

/// The size that a program reads in one piece, if that is JSON with blanks around it.
fn fixed(pieces: &[&[u8]], facts: &Facts) -> Vec<Kind> {
    let sizes = (2..=FIXED_MAX).filter(|size| !facts.asked(*size).is_empty());
    let is_json = |size: &usize| pieces.iter().all(|it| it.get(..*size).is_some_and(is_json));
    let size = |size: usize| Size::Fixed(u64::try_from(size).unwrap_or(0));
    sizes.filter(is_json).map(|it| Kind::Json(size(it))).collect()
}

fn are_turns_json(pieces: &[&Piece]) -> bool {
    pieces.iter().all(|piece| {
        let ends = piece.turns.iter().copied().chain([piece.bytes.len()]);
        let mut start = 0;
        { ends }.all(|end| {
            let part = piece.bytes.get(start..end);
            start = end;
            part.is_some_and(is_json)
        })
    })
}

/// Whether this is the text of a JSON object or list.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[')) && pyjson::loads_bytes(bytes).is_ok()
}

/// The encoding in which all of these are text without control characters.
pub(crate) fn encoding(texts: &[&[u8]]) -> Option<Encoding> {
    let is_control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b);
    if texts.iter().any(|text| text.iter().any(is_control)) {
        return None;
    }
    [Encoding::Utf8, Encoding::Gbk]
        .into_iter()
        .find(|encoding| texts.iter().all(|text| encoding.is_text(text)))
}

/// The bytes before the first delimiter.
fn before<'a>(bytes: &'a [u8], delimiter: &[u8]) -> Option<&'a [u8]> {
    let at = bytes.windows(delimiter.len()).position(|window| window == delimiter)?;
    bytes.get(..at)
}

fn is_padded_number(bytes: &[u8], width: usize) -> bool {
    let Some(text) = bytes.get(..width) else { return false };
    let text = text.trim_ascii();
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn is_number_until(bytes: &[u8], delimiter: &[u8]) -> bool {
    let Some(text) = before(bytes, delimiter) else { return false };
    !text.is_empty() && text.len() <= WIDTH_MAX && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_pieces_begin_with_is_tried() {
        let pieces: [&[u8]; 2] = [b"00012:hello world!", b"00003:abc"];
        let kinds = numbers(&pieces, &Facts::default());
        assert!(kinds.contains(&Kind::Digits { width: 5 }), "{kinds:?}");
        assert!(kinds.contains(&Kind::NumberUntil(b":".to_vec())));
        assert!(!kinds.contains(&Kind::Digits { width: 6 }));
    }

    #[test]
    fn lines_of_json_and_of_gbk_are_told_apart() {
        let json: [&[u8]; 2] = [b"{\"a\": 1}\n", b"[]\nx\n"];
        assert!(until(&json).contains(&Kind::JsonUntil(b"\n".to_vec())));
        let gbk: [&[u8]; 1] = [b"echo \xc4\xe3\xba\xc3\n"];
        let line = Kind::TextUntil { delimiter: b"\n".to_vec(), encoding: Encoding::Gbk };
        assert_eq!(until(&gbk), [line]);
    }
}
