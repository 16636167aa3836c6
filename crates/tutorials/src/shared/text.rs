//! Strategies for text that goes wrong in careless ports.

use proptest::char::range;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;

/// One character: often a plain one, otherwise one of every kind that some program mishandles.
/// Each was either assigned before the oldest CPython that can run the reference, or is never
/// assigned. So its `repr` is the same in all versions.
pub(crate) fn character() -> impl Strategy<Value = char> {
    let simple = prop_oneof![range('a', 'z'), range('A', 'Z'), range('0', '9')];
    let corners = [
        (' ', '~'),
        ('\u{1}', '\u{1f}'),
        ('\u{7f}', '\u{9f}'),
        ('\u{a0}', '\u{ff}'),
        ('\u{300}', '\u{36f}'),
        ('\u{5d0}', '\u{5ea}'),
        ('\u{200b}', '\u{200f}'),
        ('\u{2028}', '\u{202e}'),
        ('\u{3000}', '\u{3002}'),
        ('\u{4e00}', '\u{9fa5}'),
        ('\u{e000}', '\u{e00f}'),
        ('\u{feff}', '\u{feff}'),
        ('\u{fffd}', '\u{ffff}'),
        ('\u{1f600}', '\u{1f64f}'),
        ('\u{10fff0}', '\u{10ffff}'),
    ];
    let corners = Union::new(corners.map(|(first, last)| range(first, last)));
    let marks = prop::sample::select(vec!['"', '\'', '\\', '/', '\u{7f}', '\t', '\r', '{', '}']);
    prop_oneof![4 => simple, 4 => corners, 2 => marks]
}

/// Text of up to `max_chars` characters and at most `max_bytes` bytes of UTF-8, without the
/// characters in `without`.
pub(crate) fn text(
    chars: std::ops::RangeInclusive<usize>,
    max_bytes: usize,
    without: &'static [char],
) -> impl Strategy<Value = String> {
    vec(character(), chars).prop_map(move |chars| {
        let mut text = String::new();
        for character in chars.into_iter().filter(|character| !without.contains(character)) {
            if text.len() + character.len_utf8() <= max_bytes {
                text.push(character);
            }
        }
        text
    })
}

/// A line that can be typed: it contains no newline.
pub(crate) fn line(
    chars: std::ops::RangeInclusive<usize>,
    max_bytes: usize,
) -> impl Strategy<Value = String> {
    text(chars, max_bytes, &['\n', '\0'])
}

/// Bytes that look random and are the same each time.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Printable ASCII without repeated parts.
pub(crate) fn noisy_text(len: usize) -> String {
    noise(len).into_iter().map(|byte| char::from(b'!' + byte % 90)).collect()
}
