//! Which part of a frame a byte of a stream belongs to.

use std::ops::Range;

use frame::{Decoder, Event, Limits, Part, header};

/// The parts of all frames in `stream`, in order, as far as it is made of frames.
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

/// The part that byte `offset` of `stream` belongs to.
#[must_use]
pub(crate) fn part_at(stream: &[u8], size_key: &str, offset: usize) -> Option<Part> {
    parts(stream, size_key).into_iter().find(|(range, _)| range.contains(&offset)).map(|(_, p)| p)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(part_at(&stream, "data_size", 21), Some(Part::Body));
        assert_eq!(part_at(&stream, "data_size", 42), None);
    }
}
