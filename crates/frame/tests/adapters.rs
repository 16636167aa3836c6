//! Tests the adapters for `std::io` and tokio, over streams that give few bytes at a time.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

use std::io::{self, ErrorKind, Read};

use bytes::{Bytes, BytesMut};
use frame::codec::{CodecError, FrameCodec, Item, Piece};
use frame::io::{FrameReader, ReadError, write_head};
use frame::{FrameError, Limits, Part};
use pyjson::Dict;
use tokio_util::codec::{Decoder, Encoder};

fn dict(size: u64) -> Dict {
    let mut dict = Dict::default();
    dict.insert("data_size", size);
    dict
}

fn two_frames() -> Vec<u8> {
    let mut wire = Vec::new();
    for body in [&b"first"[..], b""] {
        write_head(&mut wire, &dict(body.len() as u64), &Limits::default()).unwrap();
        wire.extend_from_slice(body);
    }
    wire
}

/// Gives at most `size` bytes per call, and an interrupt before each.
struct Trickle<'a> {
    bytes: &'a [u8],
    size: usize,
    interrupt: bool,
}

impl<'a> Trickle<'a> {
    fn new(bytes: &'a [u8], size: usize) -> Self {
        Self { bytes, size, interrupt: true }
    }
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if !self.interrupt {
            return Err(ErrorKind::Interrupted.into());
        }
        let len = buffer.len().min(self.size);
        self.bytes.read(&mut buffer[..len])
    }
}

#[test]
fn a_reader_gives_frame_after_frame_whatever_comes_at_a_time() {
    let wire = two_frames();
    for size in [1, 2, 3, 5, 100] {
        let mut frames =
            FrameReader::new(Trickle::new(&wire, size), "data_size", Limits::default());
        let mut body = Vec::new();
        assert_eq!(frames.read_head().unwrap().unwrap().body_len, 5);
        frames.body().read_to_end(&mut body).unwrap();
        assert_eq!(body, b"first");
        assert_eq!(frames.read_head().unwrap().unwrap().body_len, 0);
        assert_eq!(frames.body().read(&mut [0; 8]).unwrap(), 0);
        assert!(frames.read_head().unwrap().is_none());
    }
}

#[test]
fn a_reader_takes_no_byte_beyond_the_part_it_was_asked_for() {
    let mut wire = two_frames();
    wire.truncate(wire.len() - 20);
    wire.extend_from_slice(b"something else");
    let mut frames = FrameReader::new(&wire[..], "data_size", Limits::default());
    frames.read_head().unwrap().unwrap();
    frames.body().read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(frames.into_inner(), b"something else");
}

#[test]
fn a_body_that_is_not_read_is_passed_over() {
    let wire = two_frames();
    let mut frames = FrameReader::new(Trickle::new(&wire, 3), "data_size", Limits::default());
    assert_eq!(frames.read_head().unwrap().unwrap().body_len, 5);
    assert_eq!(frames.read_head().unwrap().unwrap().body_len, 0);
}

#[test]
fn an_end_inside_the_head_is_an_error_of_the_frame() {
    let wire = two_frames();
    let mut frames = FrameReader::new(&wire[..10], "data_size", Limits::default());
    match frames.read_head() {
        Err(ReadError::Frame(FrameError::UnexpectedEnd { part, offset, .. })) => {
            assert_eq!((part, offset), (Part::Dict, 10));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_end_inside_the_body_is_an_unexpected_end_of_file() {
    let wire = two_frames();
    let mut frames = FrameReader::new(&wire[..22], "data_size", Limits::default());
    frames.read_head().unwrap().unwrap();
    let error = frames.body().read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(error.to_string(), "stream ended at byte 22: expected 5 bytes of body, found 2");
}

/// The codec's result for `wire` in pieces of `size`, with the body joined.
fn decode_all(wire: &[u8], size: usize) -> Result<(Vec<u64>, Vec<u8>), CodecError> {
    let mut codec = FrameCodec::new("data_size", Limits::default());
    let (mut sizes, mut bodies) = (Vec::new(), Vec::new());
    let mut take = |item: Item| match item {
        Item::Head(head) => sizes.push(head.body_len),
        Item::Body(bytes) => bodies.extend_from_slice(&bytes),
        Item::End => bodies.push(b'|'),
    };
    let mut buffer = BytesMut::new();
    for piece in wire.chunks(size) {
        buffer.extend_from_slice(piece);
        while let Some(item) = codec.decode(&mut buffer)? {
            take(item);
        }
    }
    while let Some(item) = codec.decode_eof(&mut buffer)? {
        take(item);
    }
    Ok((sizes, bodies))
}

#[test]
fn the_codec_decodes_the_same_whatever_comes_at_a_time() {
    let wire = two_frames();
    for size in 1..=wire.len() {
        let (sizes, bodies) = decode_all(&wire, size).unwrap();
        assert_eq!((&sizes[..], &bodies[..]), (&[5, 0][..], &b"first||"[..]), "{size} at a time");
    }
}

#[test]
fn the_codec_tells_an_end_inside_a_frame() {
    let wire = two_frames();
    for len in (1..wire.len()).filter(|len| *len != 25) {
        let error = decode_all(&wire[..len], 3).unwrap_err();
        assert!(matches!(error, CodecError::Frame(FrameError::UnexpectedEnd { .. })), "{error}");
    }
}

#[test]
fn the_codec_encodes_what_it_decodes() {
    let mut codec = FrameCodec::new("data_size", Limits::default());
    let mut buffer = BytesMut::new();
    codec.encode(Piece::Head(dict(5)), &mut buffer).unwrap();
    codec.encode(Piece::Body(Bytes::from_static(b"first")), &mut buffer).unwrap();
    codec.encode(Piece::Head(dict(0)), &mut buffer).unwrap();
    assert_eq!(&buffer[..], two_frames());
}
