//! Fuzzes the decoder and its adapters with any bytes in any cuts.

use std::io::{self, Read};

use bytes::BytesMut;
use frame::codec::{CodecError, FrameCodec, Item};
use frame::io::{FrameReader, ReadError};
use frame::{Decoder, Event, FrameError, Head, Limits};
use tokio_util::codec::Decoder as _;

use crate::cuts::cut;
use crate::memory::{A_BYTE_KEPT, A_BYTE_OF_JSON, bounded};

/// The result of a stream: each frame, and how the stream ended.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    frames: Vec<Frame>,
    error: Option<FrameError>,
}

#[derive(Debug, PartialEq)]
struct Frame {
    /// As text, because a NaN in it is not equal to itself.
    dict: String,
    lengths: (u32, u64),
    body: Vec<u8>,
    is_whole: bool,
}

impl Outcome {
    fn head(&mut self, head: Head) {
        let lengths = (head.dict_len, head.body_len);
        let dict = pyjson::dumps(&head.dict.into());
        self.frames.push(Frame { dict, lengths, body: Vec::new(), is_whole: false });
    }

    fn body(&mut self, bytes: &[u8]) {
        let frame = self.frames.last_mut().expect("a body comes after its head");
        frame.body.extend_from_slice(bytes);
    }

    fn end(&mut self) {
        self.frames.last_mut().expect("an end comes after a head").is_whole = true;
    }
}

/// Small limits, so that short inputs exceed them.
pub(crate) fn limits() -> Limits {
    Limits { dict_max_bytes: 4096, body_max_bytes: 1 << 16 }
}

/// Checks: the decoder, [`FrameReader`] and [`FrameCodec`] give the same events for all cuts;
/// they allocate memory for bytes that have come, not for announced ones; they take one step for
/// each event and each piece, and no more.
pub fn decode_frame(data: &[u8]) {
    let Some((pieces, stream)) = cut(data) else { return };
    let whole = bounded(stream.len(), A_BYTE_OF_JSON + A_BYTE_KEPT, || decoded(&[stream]));
    assert_eq!(decoded(&pieces), whole, "cuts make a difference");
    assert_eq!(read(stream, &pieces), whole, "FrameReader makes something else of it");
    assert_eq!(through_codec(&pieces), whole, "FrameCodec makes something else of it");
}

fn decoded(pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new("file_size", limits());
    let mut outcome = Outcome::default();
    let (mut steps, mut events) = (0, 0);
    for piece in pieces {
        let mut input = *piece;
        loop {
            steps += 1;
            let before = input.len();
            match decoder.decode(&mut input) {
                Ok(None) => {
                    assert!(input.is_empty(), "bytes are left, and no event");
                    break;
                }
                Ok(Some(event)) => {
                    events += 1;
                    take(event, &mut outcome, before - input.len());
                }
                Err(error) => {
                    let again = decoder.decode(&mut input);
                    assert_eq!(again, Err(error.clone()), "an error stays");
                    assert_eq!(decoder.finish(), Err(error.clone()));
                    assert_eq!((decoder.wants(), decoder.part()), (0, error.part()));
                    outcome.error = Some(error);
                    return outcome;
                }
            }
        }
    }
    assert!(steps <= events + pieces.len(), "{steps} steps for {events} events");
    outcome.error = decoder.finish().err();
    assert_eq!(outcome.error.is_none(), decoder.is_between_frames());
    outcome
}

fn take(event: Event<'_>, outcome: &mut Outcome, used: usize) {
    match event {
        Event::Head(head) => outcome.head(head),
        Event::Body(bytes) => {
            assert!(!bytes.is_empty() && bytes.len() == used, "what is body is given out");
            outcome.body(bytes);
        }
        Event::End => outcome.end(),
    }
}

/// A stream that comes in pieces.
struct Pieces<'a> {
    pieces: std::slice::Iter<'a, &'a [u8]>,
    piece: &'a [u8],
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.next() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        self.piece.read(buffer)
    }
}

fn read(stream: &[u8], pieces: &[&[u8]]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut frames =
        FrameReader::new(Pieces { pieces: pieces.iter(), piece: &[] }, "file_size", limits());
    loop {
        match frames.read_head() {
            Ok(None) => break,
            Ok(Some(head)) => outcome.head(head),
            Err(ReadError::Frame(error)) => {
                outcome.error = Some(error);
                break;
            }
            Err(ReadError::Io(error)) => panic!("{error} of a stream of {}", stream.len()),
        }
        let mut body = Vec::new();
        let ended = frames.body().read_to_end(&mut body);
        outcome.body(&body);
        match ended {
            Ok(_) => outcome.end(),
            Err(error) => {
                let inner = error.into_inner().and_then(|inner| inner.downcast().ok());
                outcome.error = Some(*inner.expect("a FrameError"));
                break;
            }
        }
    }
    outcome
}

fn through_codec(pieces: &[&[u8]]) -> Outcome {
    let mut codec = FrameCodec::new("file_size", limits());
    let mut outcome = Outcome::default();
    let mut buffer = BytesMut::new();
    let mut give = |step: Result<Option<Item>, CodecError>| match step {
        Ok(Some(Item::Head(head))) => {
            outcome.head(head);
            true
        }
        Ok(Some(Item::Body(bytes))) => {
            outcome.body(&bytes);
            true
        }
        Ok(Some(Item::End)) => {
            outcome.end();
            true
        }
        Ok(None) => false,
        Err(CodecError::Frame(error)) => {
            outcome.error = Some(error);
            false
        }
        Err(error) => panic!("{error}"),
    };
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while give(codec.decode(&mut buffer)) {}
    }
    while give(codec.decode_eof(&mut buffer)) {}
    outcome
}
