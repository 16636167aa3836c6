//! The length and the message of a raw input.

use model::Input;

const LENGTH_MAX: u64 = 0x7fff_ffff;

/// The length that a raw input announces, if it is one.
pub(crate) fn announced(input: &Input) -> Option<u64> {
    let length = &input.lines.first()?.0;
    let is_plain = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
    let length = std::str::from_utf8(length).ok().filter(|_| is_plain)?.parse().ok()?;
    (length <= LENGTH_MAX).then_some(length)
}

/// What a raw input sends after its length.
pub(crate) fn raw_message(input: &Input) -> Vec<u8> {
    input.lines.iter().skip(1).flat_map(|part| part.0.iter().copied()).collect()
}
