//! Frames over [`std::io`]. These calls block, and never read past the current frame.

use std::io::{self, ErrorKind, Read, Write};

use pyjson::Dict;

use crate::{Decoder, EncodeError, Event, FrameError, Head, Limits, Part, encode_head};

/// A frame could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The peer broke the framing.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The stream itself failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A frame could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The caller's dict can't become a frame.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The stream itself failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes header and dict. The caller then writes the body.
///
/// # Errors
/// See [`WriteError`].
pub fn write_head(writer: &mut impl Write, dict: &Dict, limits: &Limits) -> Result<(), WriteError> {
    let head = encode_head(dict, limits)?;
    writer.write_all(head.as_bytes())?;
    Ok(())
}

/// Reads frame after frame from a stream.
///
/// ```
/// use std::io::Read;
/// use frame::{Limits, io::{FrameReader, write_head}};
///
/// let mut dict = pyjson::Dict::default();
/// dict.insert("data_size", 2_i64);
/// let mut wire = Vec::new();
/// write_head(&mut wire, &dict, &Limits::default())?;
/// wire.extend(b"hi");
///
/// let mut frames = FrameReader::new(&wire[..], "data_size", Limits::default());
/// let head = frames.read_head()?.expect("a frame");
/// let mut body = Vec::new();
/// frames.body().read_to_end(&mut body)?;
/// assert_eq!((head.body_len, &body[..]), (2, &b"hi"[..]));
/// assert!(frames.read_head()?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FrameReader<R> {
    stream: R,
    decoder: Decoder,
}

impl<R: Read> FrameReader<R> {
    /// Makes a reader of frames from `stream` whose dict gives the body's length under
    /// `size_key`.
    pub fn new(stream: R, size_key: &str, limits: Limits) -> Self {
        Self { stream, decoder: Decoder::new(size_key, limits) }
    }

    /// Reads up to the end of the next dict; `None` if the stream ends before another frame. It
    /// first reads and drops the rest of the earlier body.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read_head(&mut self) -> Result<Option<Head>, ReadError> {
        let mut chunk = [0; 4096];
        loop {
            let Some(part) = self.read_part(&mut chunk)? else { return Ok(None) };
            let mut input = part;
            while let Some(event) = self.decoder.decode(&mut input)? {
                if let Event::Head(head) = event {
                    return Ok(Some(head));
                }
            }
        }
    }

    /// The body of the frame whose head was read last. An end of the stream before the body's end
    /// is an error of kind [`ErrorKind::UnexpectedEof`] that contains the [`FrameError`].
    pub fn body(&mut self) -> Body<'_, R> {
        Body { frames: self }
    }

    /// The part of a frame that is being read. A stream that fails now has failed in this part.
    #[must_use]
    pub const fn part(&self) -> Part {
        self.decoder.part()
    }

    /// The stream, at the first unread byte.
    pub fn into_inner(self) -> R {
        self.stream
    }

    /// Reads some of the bytes that the decoder needs, and no more; `None` at an end between
    /// frames.
    fn read_part<'c>(&mut self, chunk: &'c mut [u8]) -> Result<Option<&'c [u8]>, ReadError> {
        let wants = usize::try_from(self.decoder.wants()).unwrap_or(usize::MAX);
        let len = wants.min(chunk.len());
        if len == 0 {
            return Ok(Some(&[]));
        }
        let (part, _) = chunk.split_at_mut(len);
        let read = loop {
            match self.stream.read(part) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        if read == 0 {
            self.decoder.finish()?;
            return Ok(None);
        }
        Ok(Some(part.split_at(read).0))
    }
}

/// See [`FrameReader::body`].
#[derive(Debug)]
pub struct Body<'r, R> {
    frames: &'r mut FrameReader<R>,
}

impl<R: Read> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.frames.decoder.is_between_frames() {
            return Ok(0);
        }
        let part = match self.frames.read_part(buffer) {
            Ok(part) => part.unwrap_or(&[]),
            Err(ReadError::Io(error)) => return Err(error),
            Err(ReadError::Frame(error)) => {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, error));
            }
        };
        let (mut input, read) = (part, part.len());
        while let Some(event) = self
            .frames
            .decoder
            .decode(&mut input)
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?
        {
            debug_assert!(!matches!(event, Event::Head(_)), "a body holds no head");
        }
        Ok(read)
    }
}
