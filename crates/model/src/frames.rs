//! The frames of a stream, for people: the place of each part, the dict key by key, and where the stream stops
//! matching. A scenario finds them; reports show them.

use serde::Serialize;

/// The frames of a stream.
#[derive(Debug, Default, Serialize)]
pub struct Frames {
    /// The frames, in order.
    pub frames: Vec<Frame>,
    /// How many more frames there are than listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: usize,
    /// Why its end does not match the frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// A frame, or the part of it that exists.
#[derive(Debug, Serialize)]
pub struct Frame {
    /// Its name, if a protocol file describes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The stream offset of its first byte.
    pub at: usize,
    /// Its parts, if a protocol file describes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<FramePart>,
    /// The header as a native int of this machine, and with the bytes reversed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<(i32, i32)>,
    /// The number of bytes of the dict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dict_len: Option<usize>,
    /// Whether the dict was found by reading on after the header, and not by the header's value.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub guessed: bool,
    /// The dict, key by key.
    pub keys: Vec<Key>,
    /// The number of body bytes that the dict announces, and the number that exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<(u64, usize)>,
}

/// A part of a frame, described by a protocol file.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct FramePart {
    /// Its name.
    pub name: String,
    /// The stream offset of its first byte.
    pub from: usize,
    /// The stream offset after its last byte.
    pub to: usize,
    /// Its value: a number, a text, or its number of bytes.
    pub value: String,
    /// Whether it is masked, or contains a masked value.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
}

/// A key, its value and the value's type, as Python writes them in JSON.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Key(pub String, pub String, pub &'static str);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}
