//! Values in words, and hints why a value is wrong.

use layout::{Leaf, LeafValue, Scalar};

/// Longer values are shortened.
const SHOWN_MAX_CHARS: usize = 80;

/// A value in words: a number, JSON text, or bytes.
pub(super) fn shown(value: LeafValue<'_>, bytes: &[u8]) -> String {
    match value {
        LeafValue::Scalar(scalar) => scalar_shown(scalar),
        LeafValue::Text(text) => shortened(&format!("{text:?}")),
        LeafValue::Json(value) => shortened(&json(value)),
        LeafValue::Fields(fields) => fields.iter().map(scalar_shown).collect::<Vec<_>>().join(", "),
        LeafValue::Bytes => match bytes.len() {
            0 => "no bytes".to_owned(),
            1..=16 => format!("\"{}\"", bytes.escape_ascii()),
            len => {
                let start = bytes.get(..12).unwrap_or_default().escape_ascii();
                format!("{len} bytes \"{start}…\"")
            }
        },
    }
}

fn scalar_shown(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Int(number) => number.to_string(),
        Scalar::Float(number) => format!("{number:?}"),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Bytes(bytes) => shortened(&format!("\"{}\"", bytes.escape_ascii())),
    }
}

/// JSON in a form for people: without escapes for characters that can be shown.
fn json(value: &pyjson::Value) -> String {
    match value {
        pyjson::Value::Str(text) => match text.as_str() {
            Some(text) => quoted(text),
            None => pyjson::dumps(value),
        },
        other => pyjson::dumps(other),
    }
}

/// A string in quotes, with the escapes of JSON only for quotes, backslashes and control characters.
fn quoted(text: &str) -> String {
    let mut made = String::from('"');
    for character in text.chars() {
        match character {
            '"' => made.push_str("\\\""),
            '\\' => made.push_str("\\\\"),
            other if other.is_control() => made.extend(other.escape_unicode()),
            other => made.push(other),
        }
    }
    made.push('"');
    made
}

/// Bytes that are probably text.
pub(super) fn text(bytes: &[u8]) -> String {
    shortened(String::from_utf8_lossy(bytes).trim_end_matches('\n'))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN_MAX_CHARS {
        return text.to_owned();
    }
    text.chars().take(SHOWN_MAX_CHARS - 1).chain(['…']).collect()
}

/// A hint why a value differs, where that is cheap to see. `sized` are the bytes of the part whose size the right
/// value is.
pub(super) fn hint(
    right: &Leaf<'_>,
    right_bytes: &[u8],
    seen: &Leaf<'_>,
    seen_bytes: &[u8],
    sized: &[u8],
) -> Option<String> {
    if let (Some(expected), Some(found)) = (number(right.value), number(seen.value)) {
        return number_hint(expected, found, right, right_bytes, seen_bytes, sized);
    }
    match (right.value, seen.value) {
        (LeafValue::Json(one), LeafValue::Json(other)) => json_hint(one, other),
        (LeafValue::Text(one), LeafValue::Text(other)) => text_hint(one, other),
        (LeafValue::Bytes, LeafValue::Bytes) => bytes_hint(right_bytes, seen_bytes),
        _ => None,
    }
}

fn number(value: LeafValue<'_>) -> Option<i128> {
    match value {
        LeafValue::Scalar(Scalar::Int(number)) => Some(*number),
        LeafValue::Json(pyjson::Value::Int(number)) => number.to_string().parse().ok(),
        _ => None,
    }
}

fn number_hint(
    expected: i128,
    found: i128,
    right: &Leaf<'_>,
    right_bytes: &[u8],
    seen_bytes: &[u8],
    sized: &[u8],
) -> Option<String> {
    let is_packed = matches!(right.value, LeafValue::Scalar(_)) && right_bytes.len() > 1;
    if is_packed && right_bytes.iter().rev().eq(seen_bytes) {
        return Some("the other byte order".to_owned());
    }
    if is_packed && seen_bytes.iter().rev().eq(right_bytes) {
        return Some("the other byte order".to_owned());
    }
    if let Some(hint) = counted_otherwise(sized, expected, found) {
        return Some(hint.to_owned());
    }
    let own = i128::try_from(right_bytes.len()).unwrap_or(0);
    match found.checked_sub(expected)? {
        1 => Some("one more".to_owned()),
        -1 => Some("one less".to_owned()),
        more if is_packed && more == own => Some("it counts its own bytes too".to_owned()),
        _ if expected.checked_neg() == Some(found) => Some("the other sign".to_owned()),
        _ => None,
    }
}

fn json_hint(right: &pyjson::Value, seen: &pyjson::Value) -> Option<String> {
    use pyjson::Value::{Bool, Float, Int, Null, Str};
    match (right, seen) {
        (Str(right), Str(seen)) => text_hint(right.as_str()?, seen.as_str()?),
        (Int(_) | Float(_), Str(_)) => Some("a string, not a number".to_owned()),
        (Str(_), Int(_) | Float(_)) => Some("a number, not a string".to_owned()),
        (Int(_), Float(_)) => Some("a float, not an int".to_owned()),
        (Float(_), Int(_)) => Some("an int, not a float".to_owned()),
        (Bool(_), Int(_) | Str(_)) => Some("not a bool".to_owned()),
        (Null, _) => Some("not null".to_owned()),
        (_, Null) => Some("null".to_owned()),
        _ => None,
    }
}

fn text_hint(right: &str, seen: &str) -> Option<String> {
    let base = |text: &str| text.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let line = |text: &str| text.trim_end_matches(['\r', '\n']).to_owned();
    if right == line(seen) {
        return Some("followed by a line end".to_owned());
    }
    if line(right) == seen {
        return Some("without the line end".to_owned());
    }
    if right == base(seen) {
        return Some("with a path before the name".to_owned());
    }
    if base(right) == seen {
        return Some("without its path".to_owned());
    }
    if right.to_lowercase() == seen.to_lowercase() {
        return Some("in another case".to_owned());
    }
    if right.trim() == seen.trim() {
        return Some("with other spaces around it".to_owned());
    }
    None
}

fn bytes_hint(right: &[u8], seen: &[u8]) -> Option<String> {
    let at = right.iter().zip(seen).take_while(|(one, other)| one == other).count();
    if at == right.len().min(seen.len()) {
        let (more, than) = (seen.len(), right.len());
        return Some(if more < than {
            format!("the first {more} of them")
        } else {
            format!("{} more behind them", more - than)
        });
    }
    let crlf = |bytes: &[u8]| {
        let mut made = Vec::with_capacity(bytes.len());
        for byte in bytes.iter().filter(|byte| **byte != b'\r') {
            made.push(*byte);
        }
        made
    };
    if right.len() != seen.len() && crlf(right) == crlf(seen) {
        return Some("with other line ends".to_owned());
    }
    Some(format!("from its byte {at} on"))
}

/// Whether the number counts something other than the bytes of the sized part: characters, or the units of UTF-16
/// that JavaScript and Java count.
fn counted_otherwise(sized: &[u8], expected: i128, found: i128) -> Option<&'static str> {
    let text = std::str::from_utf8(sized).ok()?;
    let [characters, units] = [text.chars().count(), text.encode_utf16().count()]
        .map(|count| i128::try_from(count).unwrap_or(i128::MAX));
    if characters == i128::try_from(sized.len()).ok()? {
        return None;
    }
    match (found, expected) {
        (found, _) if found == characters => Some("a number of characters, not of bytes"),
        (found, _) if found == units => Some("a number of UTF-16 units, not of bytes"),
        (_, expected) if expected == characters => Some("a number of bytes, not of characters"),
        _ => None,
    }
}

/// How two texts of one JSON value differ.
pub(super) fn spelling(right: &[u8], seen: &[u8]) -> Option<String> {
    let spaces = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_whitespace()).count();
    let is_ascii = [right, seen].map(<[u8]>::is_ascii);
    let has_escape = |text: &[u8]| text.windows(2).any(|it| it == b"\\u");
    if is_ascii == [true, false] && has_escape(right) {
        return Some("with characters where \\u escapes should be".to_owned());
    }
    if is_ascii == [false, true] && has_escape(seen) {
        return Some("with \\u escapes where characters should be".to_owned());
    }
    let sorted = |text: &[u8]| {
        let mut bytes: Vec<u8> =
            text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        bytes.sort_unstable();
        bytes
    };
    let strip = |text: &[u8]| {
        text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>()
    };
    if strip(right) == strip(seen) {
        return Some(match spaces(right).cmp(&spaces(seen)) {
            std::cmp::Ordering::Greater => "without the spaces".to_owned(),
            std::cmp::Ordering::Less => "with more spaces".to_owned(),
            std::cmp::Ordering::Equal => "with other spaces".to_owned(),
        });
    }
    (sorted(right) == sorted(seen)).then(|| "with its keys in another order".to_owned())
}
