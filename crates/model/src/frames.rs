//! The frames in a stream, for a reader: each part's place, the dict key by key, and where the
//! stream stops being made of frames. A scenario finds them; reports show them.

use serde::Serialize;

/// What a stream is made of.
#[derive(Debug, Default, Serialize)]
pub struct Frames {
    /// The frames, in order.
    pub frames: Vec<Frame>,
    /// How many frames more there are than are listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: usize,
    /// Why it is not made of frames to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// One frame, or what there is of it.
#[derive(Debug, Serialize)]
pub struct Frame {
    /// Its name, where a protocol file describes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Offset of its first byte in the stream.
    pub at: usize,
    /// Its parts, where a protocol file describes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<FramePart>,
    /// The header as this machine packs an int, and the other way round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<(i32, i32)>,
    /// Bytes of the dict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dict_len: Option<usize>,
    /// The dict was found by reading on behind the header, not by what the header says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub guessed: bool,
    /// The dict, key by key.
    pub keys: Vec<Key>,
    /// Bytes of the body that the dict announces, and that are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<(u64, usize)>,
}

/// A part of a frame that a protocol file describes.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct FramePart {
    /// Its name.
    pub name: String,
    /// Offset of its first byte in the stream.
    pub from: usize,
    /// Offset behind its last byte.
    pub to: usize,
    /// Its value: a number, text, or how many bytes it has.
    pub value: String,
    /// Whether it is masked, or holds a masked value.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
}

/// A key, its value and the value's type, as Python would write them in JSON.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Key(pub String, pub String, pub &'static str);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}
