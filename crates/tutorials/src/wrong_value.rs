//! Finds the wrong value in a frame: the header, the dict or one of its keys, or the body.

use frame::Part;
use layout::{Format, Frame, Item, Kind, Layout, Size};
use model::mask::JsonBy;
use model::observation::Direction;
use model::{Explained, Said};
use protocols::Framing;

/// The name of the only frame.
const ANSWER: &str = "answer";
const HEADER: &str = "header";
const DICT: &str = "dict";
const BODY: &str = "body";

/// The frames that a server sends: a header of `struct.pack('i', n)`, a dict of n bytes, and a body with as many
/// bytes as the dict's `size_key` says.
pub(crate) fn frames(size_key: &str) -> Framing {
    let of = |names: &[&str]| Size::Of(names.iter().map(ToString::to_string).collect());
    let format = Format::parse("i").ok();
    let header = format.map(|format| Kind::Struct { format, fields: Vec::new() });
    let parts = [
        header.map(|header| (HEADER, header)),
        Some((DICT, Kind::Json(of(&[HEADER])))),
        Some((BODY, Kind::Bytes(of(&[DICT, size_key])))),
    ];
    let parts = parts.into_iter().flatten().map(|(name, kind)| layout::Part::new(name, kind));
    Framing::of_layout(Layout {
        frames: vec![Frame { name: ANSWER.to_owned(), parts: parts.collect() }],
        to_server: Vec::new(),
        to_client: vec![Item { frame: 0, repeats: true }],
    })
}

/// The first wrong value in a server's frames. A length that fits its own frame is not wrong.
pub(crate) fn explain(frames: &Framing, right: Said<'_>, seen: Said<'_>) -> Option<Explained> {
    if let Some(more) = seen.bytes.strip_prefix(right.bytes).filter(|more| !more.is_empty()) {
        let bytes = if more.len() == 1 { "byte" } else { "bytes" };
        let what = format!("expected no more, found {} {bytes} after the last one", more.len());
        return Some(Explained { part: ANSWER.to_owned(), what });
    }
    frames.explain(Direction::ToClient, right, seen, JsonBy::Bytes)
}

/// The part that contains a wrong value.
pub(crate) fn part_of(explained: &Explained) -> Option<Part> {
    let mut names = explained.part.split('.');
    match (names.next(), names.next()) {
        (Some(ANSWER), Some(HEADER)) => Some(Part::Header),
        (Some(ANSWER), Some(DICT)) => Some(Part::Dict),
        (Some(ANSWER), Some(BODY)) => Some(Part::Body),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(dict: &str, body: &str) -> Vec<u8> {
        let header = i32::try_from(dict.len()).unwrap().to_ne_bytes();
        [&header[..], dict.as_bytes(), body.as_bytes()].concat()
    }

    #[track_caller]
    fn wrong(right: &[u8], seen: &[u8]) -> (Option<Part>, String) {
        let frames = frames("data_size");
        let found = explain(&frames, Said::whole(right), Said::whole(seen)).unwrap();
        (part_of(&found), format!("{}: {}", found.part, found.what))
    }

    #[test]
    fn a_length_that_is_right_for_a_wrong_dict_or_body_is_not_blamed() {
        let right = frame("{\"data_size\": 12}", "twelve bytes");
        // A dict without spaces, with its right length.
        let (part, what) = wrong(&right, &frame("{\"data_size\":12}", "twelve bytes"));
        assert_eq!(part, Some(Part::Dict), "{what}");
        // A body that is cut short, with a size that says so.
        let (part, what) = wrong(&right, &frame("{\"data_size\": 6}", "twelve"));
        assert_eq!(part, Some(Part::Body), "{what}");
        // A size that counts something else.
        let (part, what) = wrong(&right, &frame("{\"data_size\": 9}", "twelve bytes"));
        assert_eq!(part, Some(Part::Dict), "{what}");
        assert!(what.starts_with("answer.dict.data_size: expected 12, found 9"), "{what}");
        // A header in the other byte order.
        let mut swapped = right.clone();
        swapped[..4].reverse();
        let (part, what) = wrong(&right, &swapped);
        assert_eq!(part, Some(Part::Header), "{what}");
        assert!(what.contains("the other byte order"), "{what}");
        // One byte too many does not begin another frame.
        let (part, what) = wrong(&right, &[&right[..], b"\n"].concat());
        assert_eq!(part, None, "{what}");
        assert_eq!(what, "answer: expected no more, found 1 byte after the last one");
        // A stream that ends inside the body.
        let (part, what) = wrong(&right, &right[..right.len() - 3]);
        assert_eq!(part, Some(Part::Body), "{what}");
    }
}
