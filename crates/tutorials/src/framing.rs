//! Finds the frames in a stream for the report page: the place of each part, the dict key by key,
//! and where the stream stops being frames. After that place it explains the bytes as far as it
//! can. It explains for a reader and judges nothing.

use frame::{Decoder, Event, Head, Limits, header};
use model::{Frame, Frames, Key};
use pyjson::{Dict, Value, dumps};
use serde::de::IgnoredAny;

const FRAMES_MAX: usize = 40;
const KEYS_MAX: usize = 40;

/// How answers are framed, as a phrase for the middle of a sentence.
pub(crate) const IN_WORDS: &str = "a signed length of four bytes, little-endian, a JSON dict of \
                                   that length, a body as long as its size says";

/// Reads a stream of frames.
pub(crate) fn read(stream: &[u8], size_key: &str) -> Frames {
    let mut decoder = Decoder::new(size_key, Limits::default());
    let (mut input, mut at, mut has_head) = (stream, 0, false);
    let mut found = Frames::default();
    let trouble = loop {
        match decoder.decode(&mut input) {
            Ok(Some(Event::Head(head))) => {
                found.frames.push(whole(stream, at, &head));
                has_head = true;
            }
            Ok(Some(Event::Body(bytes))) => {
                if let Some((_, there)) = found.frames.last_mut().and_then(|it| it.body.as_mut()) {
                    *there += bytes.len();
                }
            }
            Ok(Some(Event::End)) => {
                (at, has_head) = (stream.len() - input.len(), false);
            }
            Ok(None) => break decoder.finish().err(),
            Err(error) => break Some(error),
        }
    };
    if trouble.is_some() && !has_head {
        found.frames.push(guessed(stream, at, size_key));
    }
    found.trouble = trouble.map(|error| match at {
        0 => error.to_string(),
        at => format!("in the frame that begins at byte {at}: {error}"),
    });
    found.left_out = found.frames.len().saturating_sub(FRAMES_MAX);
    found.frames.truncate(FRAMES_MAX);
    found
}

fn whole(stream: &[u8], at: usize, head: &Head) -> Frame {
    Frame {
        name: None,
        at,
        parts: Vec::new(),
        header: header_at(stream, at),
        dict_len: Some(head.dict_len as usize),
        guessed: false,
        keys: keys(&head.dict),
        body: Some((head.body_len, 0)),
    }
}

/// Explains an invalid frame as far as possible: often a dict follows the header.
fn guessed(stream: &[u8], at: usize, size_key: &str) -> Frame {
    let rest = stream.get(at + header::LEN..).unwrap_or_default();
    let is_object = rest.first() == Some(&b'{');
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
    let is_whole = is_object && matches!(values.next(), Some(Ok(_)));
    let dict_len = is_whole.then(|| values.byte_offset());
    let dict = dict_len.and_then(|len| pyjson::loads_bytes(rest.get(..len)?).ok());
    let mut frame = Frame {
        name: None,
        at,
        parts: Vec::new(),
        header: header_at(stream, at),
        dict_len,
        guessed: true,
        keys: Vec::new(),
        body: None,
    };
    if let Some(Value::Dict(dict)) = &dict {
        let behind = rest.len() - dict_len.unwrap_or_default();
        let size = dict.get(size_key).and_then(Value::as_u64);
        let there = |size| usize::try_from(size).unwrap_or(usize::MAX).min(behind);
        frame.body = size.map(|size| (size, there(size)));
        frame.keys = keys(dict);
    }
    frame
}

fn header_at(stream: &[u8], at: usize) -> Option<(i32, i32)> {
    let header = stream.get(at..at + header::LEN)?.try_into().ok()?;
    let value = header::unpack(header);
    Some((value, value.swap_bytes()))
}

fn keys(dict: &Dict) -> Vec<Key> {
    let told = |(key, value): (&pyjson::PyString, &Value)| {
        let key = dumps(&Value::Str(key.clone()));
        Key(key, dumps(value), value.type_name())
    };
    dict.iter().take(KEYS_MAX).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, value: &str, of: &'static str) -> Key {
        Key(format!("\"{name}\""), value.to_owned(), of)
    }

    #[test]
    fn two_frames_and_the_beginning_of_a_third() {
        let mut stream = b"\x10\0\0\0{\"data_size\": 2}hi".to_vec();
        stream.extend(b"\x10\0\0\0{\"data_size\": 0}\x10\0");
        let read = read(&stream, "data_size");
        assert_eq!(read.frames.len(), 3);
        assert_eq!(read.frames[0].body, Some((2, 2)));
        assert_eq!(read.frames[1].header, Some((16, 0x1000_0000)));
        assert_eq!(read.frames[1].keys, [key("data_size", "0", "int")]);
        assert_eq!(read.frames[2].header, None);
        let trouble = read.trouble.unwrap();
        assert!(trouble.contains("frame that begins at byte 42"), "{trouble}");
    }

    #[test]
    fn a_header_of_the_wrong_byte_order_hides_no_dict() {
        let read = read(b"\0\0\0\x1a{\"file_size\": 1, \"x\": \"y\"}B", "file_size");
        let [frame] = &read.frames[..] else { panic!("{:?}", read.frames) };
        assert_eq!(frame.header, Some((0x1a00_0000, 0x1a)));
        assert_eq!((frame.guessed, frame.dict_len), (true, Some(26)));
        assert_eq!(frame.body, Some((1, 1)));
        assert_eq!(frame.keys, [key("file_size", "1", "int"), key("x", "\"y\"", "str")]);
        assert!(read.trouble.is_some());
    }

    #[test]
    fn a_body_that_stops_short_says_how_much_is_there() {
        let read = read(b"\x10\0\0\0{\"data_size\": 9}abc", "data_size");
        assert_eq!(read.frames[0].body, Some((9, 3)));
        assert!(read.trouble.is_some());
    }

    #[test]
    fn what_is_no_frame_at_all_is_no_dict() {
        for stream in [&b"GET / HTTP/1.1"[..], b"\x02\0\0\0{}", b"\x04\0\0\0nope", b"\0"] {
            let read = read(stream, "data_size");
            assert!(read.trouble.is_some() && read.frames[0].keys.is_empty(), "{read:?}");
        }
    }
}
