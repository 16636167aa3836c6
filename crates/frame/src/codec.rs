//! Frames as a [`tokio_util::codec`]: for `Framed`, `FramedRead` and `FramedWrite`.

use std::io;

use bytes::{Bytes, BytesMut};
use pyjson::Dict;
use tokio_util::codec;

use crate::encode::append_head;
use crate::{EncodeError, Event, FrameError, Head, Limits, Part};

/// What a [`FrameCodec`] reads: the owned form of [`Event`].
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Header and dict are complete.
    Head(Head),
    /// The next bytes of the body, never empty.
    Body(Bytes),
    /// The body is complete.
    End,
}

/// What a [`FrameCodec`] writes.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// A dict, which goes out with its header before it.
    Head(Dict),
    /// Bytes of the body, unchanged.
    Body(Bytes),
}

/// A stream of frames failed.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The peer broke the framing.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The caller's dict can't become a frame.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The stream itself failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Header, dict and body over an asynchronous stream.
#[derive(Debug, Clone)]
pub struct FrameCodec {
    decoder: crate::Decoder,
    limits: Limits,
    /// The buffer for a head, kept to reuse its memory.
    head: Vec<u8>,
}

impl FrameCodec {
    /// Makes a codec for frames whose dict gives the body's length under `size_key`.
    #[must_use]
    pub fn new(size_key: impl Into<String>, limits: Limits) -> Self {
        let decoder = crate::Decoder::new(size_key, limits.clone());
        Self { decoder, limits, head: Vec::new() }
    }

    /// The part of a frame that is being read. A stream that fails now has failed in this
    /// part.
    #[must_use]
    pub const fn part(&self) -> Part {
        self.decoder.part()
    }
}

impl codec::Decoder for FrameCodec {
    type Item = Item;
    type Error = CodecError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Item>, CodecError> {
        let mut input = &src[..];
        let step = match self.decoder.decode(&mut input)? {
            None => None,
            Some(Event::Head(head)) => Some(Ok(Item::Head(head))),
            Some(Event::Body(bytes)) => Some(Err(bytes.len())),
            Some(Event::End) => Some(Ok(Item::End)),
        };
        let used = src.len() - input.len();
        let taken = src.split_to(used);
        Ok(match step {
            None => None,
            Some(Ok(item)) => Some(item),
            // The bytes of the body are the last bytes that were taken.
            Some(Err(len)) => Some(Item::Body(taken.freeze().split_off(used - len))),
        })
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Item>, CodecError> {
        let item = self.decode(src)?;
        if item.is_none() {
            self.decoder.finish()?;
        }
        Ok(item)
    }
}

impl codec::Encoder<Piece> for FrameCodec {
    type Error = CodecError;

    fn encode(&mut self, piece: Piece, dst: &mut BytesMut) -> Result<(), CodecError> {
        match piece {
            Piece::Head(dict) => self.encode(&dict, dst)?,
            Piece::Body(bytes) => dst.extend_from_slice(&bytes),
        }
        Ok(())
    }
}

/// A head like [`Piece::Head`], but with a borrowed dict.
impl codec::Encoder<&Dict> for FrameCodec {
    type Error = CodecError;

    fn encode(&mut self, dict: &Dict, dst: &mut BytesMut) -> Result<(), CodecError> {
        self.head.clear();
        append_head(&mut self.head, dict, &self.limits)?;
        dst.extend_from_slice(&self.head);
        Ok(())
    }
}
