//! Maps each byte of a stream to its part of a frame.

use std::ops::Range;

use frame::{Decoder, Event, Limits, Part, header};
use layout::same_value;

/// The parts of all frames in `stream`, in order, as far as the stream consists of frames.
#[must_use]
pub(crate) fn parts(stream: &[u8], size_key: &str) -> Vec<(Range<usize>, Part)> {
    let mut decoder = Decoder::new(size_key, Limits::default());
    let mut input = stream;
    let mut parts = Vec::new();
    let mut at = 0;
    let mut add = |len: usize, part| {
        if len > 0 {
            parts.push((at..at + len, part));
            at += len;
        }
    };
    while let Ok(Some(event)) = decoder.decode(&mut input) {
        match event {
            Event::Head(head) => {
                add(header::LEN, Part::Header);
                add(head.dict_len as usize, Part::Dict);
            }
            Event::Body(bytes) => add(bytes.len(), Part::Body),
            Event::End => {}
        }
    }
    parts
}

/// `right`, but with the headers and dicts of `seen` where the dicts have the same values. It goes as
/// far as both streams consist of the same frames.
#[must_use]
pub(crate) fn by_value(right: &[u8], seen: &[u8], size_key: &str) -> Vec<u8> {
    let (ours, theirs) = (parts(right, size_key), parts(seen, size_key));
    let bytes =
        |of: &[u8], range: &Range<usize>| of.get(range.clone()).unwrap_or_default().to_vec();
    let dict_behind = |of: &[u8], parts: &[(Range<usize>, Part)], nth: usize| {
        let (range, part) =
            parts.get(nth + usize::from(matches!(parts.get(nth), Some((_, Part::Header)))))?;
        (*part == Part::Dict).then(|| pyjson::loads_bytes(of.get(range.clone())?).ok())?
    };
    let mut made = Vec::with_capacity(right.len());
    let mut done = 0;
    for (nth, ((our, part), (their, other))) in ours.iter().zip(&theirs).enumerate() {
        let is_same = match part {
            Part::Body => bytes(right, our) == bytes(seen, their),
            Part::Header | Part::Dict => {
                let dicts = [dict_behind(right, &ours, nth), dict_behind(seen, &theirs, nth)];
                matches!(dicts, [Some(one), Some(other)] if same_value(&one, &other))
            }
        };
        if part != other || !is_same {
            break;
        }
        made.extend(bytes(seen, their));
        done = our.end;
    }
    made.extend_from_slice(right.get(done..).unwrap_or_default());
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dict_of_the_same_value_takes_the_place_of_the_right_one() {
        let right = b"\x18\0\0\0{\"data_size\": 2, \"a\": 1}hi\x10\0\0\0{\"data_size\": 0}";
        let seen = b"\x17\0\0\0{\"a\":1.0,\"data_size\":2}hi\x10\0\0\0{\"data_size\": 0}";
        assert_eq!(by_value(right, seen, "data_size"), seen);
        let other = b"\x15\0\0\0{\"a\":2,\"data_size\":2}hi";
        assert_eq!(by_value(right, other, "data_size"), right);
        // A header that counts one byte too many includes the body's first byte.
        let long = b"\x16\0\0\0{\"a\":1,\"data_size\":2}hi";
        assert_eq!(by_value(right, long, "data_size"), right);
    }

    #[test]
    fn each_byte_of_two_frames_has_its_part() {
        let mut stream = b"\x10\0\0\0{\"data_size\": 2}hi".to_vec();
        stream.extend(b"\x10\0\0\0{\"data_size\": 0}");
        assert_eq!(
            parts(&stream, "data_size"),
            [
                (0..4, Part::Header),
                (4..20, Part::Dict),
                (20..22, Part::Body),
                (22..26, Part::Header),
                (26..42, Part::Dict),
            ]
        );
    }
}
