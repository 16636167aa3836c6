//! The header and the message of a raw input.

const HEADER_BYTES: usize = 4;

/// The length that these bytes announce, if their header is whole.
pub(crate) fn announced(sent: &[u8]) -> Option<i32> {
    sent.first_chunk::<HEADER_BYTES>().copied().map(i32::from_ne_bytes)
}

/// The message in these bytes, if it is whole.
pub(crate) fn whole_message(sent: &[u8]) -> Option<&[u8]> {
    let length = usize::try_from(announced(sent)?).ok()?;
    sent.get(HEADER_BYTES..)?.get(..length)
}
