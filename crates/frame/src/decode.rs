//! Decodes bytes, in any cuts, into the events of a frame.

use pyjson::{Dict, Value};

use crate::{FrameError, Limits, Part, header};

/// Header and dict of a frame, once both are complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// The dict, with every key that the peer sent.
    pub dict: Dict,
    /// Length of the dict's JSON text in bytes, from the header.
    pub dict_len: u32,
    /// Length of the body in bytes, from the size key.
    pub body_len: u64,
}

/// What [`Decoder::decode`] has found in the bytes so far.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// Header and dict are complete.
    Head(Head),
    /// The next bytes of the body, never empty. The division of a body into these pieces follows
    /// the cuts of the input and has no meaning.
    Body(&'a [u8]),
    /// The body is complete. Another frame may follow.
    End,
}

/// Decodes one frame after another from a stream of bytes. It does no I/O and uses no clock.
///
/// Feed it with [`decode`](Self::decode) until that returns `None`, then come back with more
/// bytes. At the end of the stream, call [`finish`](Self::finish). The events are the same for
/// all cuts, except for the division of the body. The decoder holds at most
/// [`Limits::dict_max_bytes`], and only bytes that have come.
///
/// After an error the rest of the stream has no meaning, and every further call returns that
/// error.
#[derive(Debug, Clone)]
pub struct Decoder {
    size_key: String,
    limits: Limits,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Header { bytes: [u8; header::LEN], have: usize },
    Dict { len: u32, bytes: Vec<u8> },
    Body { dict_len: u32, len: u64, left: u64 },
    Failed(FrameError),
}

const START: State = State::Header { bytes: [0; header::LEN], have: 0 };

impl Decoder {
    /// Makes a decoder for frames whose dict gives the body's length under `size_key`.
    #[must_use]
    pub fn new(size_key: impl Into<String>, limits: Limits) -> Self {
        Self { size_key: size_key.into(), limits, state: START }
    }

    /// Takes bytes from the front of `input` until they form an event.
    ///
    /// `None` means that `input` is used up and more bytes are needed.
    ///
    /// # Errors
    /// The peer's bytes are not a frame, or announce more than the limits allow.
    pub fn decode<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, FrameError> {
        let step = self.step(input);
        if let Err(error) = &step {
            self.state = State::Failed(error.clone());
        }
        step
    }

    /// Reports whether the stream ended between two frames.
    ///
    /// # Errors
    /// [`FrameError::UnexpectedEnd`] inside a frame, or the earlier error.
    pub fn finish(&self) -> Result<(), FrameError> {
        let (part, offset, expected, found) = match &self.state {
            State::Header { have: 0, .. } => return Ok(()),
            State::Header { have, .. } => (Part::Header, 0, header::LEN as u64, *have as u64),
            State::Dict { len, bytes } => {
                (Part::Dict, header::LEN as u64, u64::from(*len), bytes.len() as u64)
            }
            State::Body { dict_len, len, left } => {
                (Part::Body, header::LEN as u64 + u64::from(*dict_len), *len, len - left)
            }
            State::Failed(error) => return Err(error.clone()),
        };
        Err(FrameError::UnexpectedEnd { part, offset: offset + found, expected, found })
    }

    /// Whether the decoder is between two frames: no byte of the next one has come.
    #[must_use]
    pub const fn is_between_frames(&self) -> bool {
        matches!(self.state, State::Header { have: 0, .. })
    }

    /// How many bytes the current part still lacks. A reader that asks for at most this many
    /// never takes a byte of the next frame. 0 after an error, and at the end of a body without
    /// bytes, where [`decode`](Self::decode) returns an event without input.
    #[must_use]
    pub fn wants(&self) -> u64 {
        match &self.state {
            State::Header { have, .. } => (header::LEN - have) as u64,
            State::Dict { len, bytes } => u64::from(*len) - bytes.len() as u64,
            State::Body { left, .. } => *left,
            State::Failed(_) => 0,
        }
    }

    /// The part of the next byte, or the part of the error. A stream that breaks off now does so
    /// in this part.
    #[must_use]
    pub const fn part(&self) -> Part {
        match &self.state {
            State::Header { .. } => Part::Header,
            State::Dict { .. } => Part::Dict,
            State::Body { .. } => Part::Body,
            State::Failed(error) => error.part(),
        }
    }

    fn step<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, FrameError> {
        loop {
            match &mut self.state {
                State::Header { bytes, have } => {
                    let taken = take(input, header::LEN - *have);
                    for (slot, byte) in bytes.iter_mut().skip(*have).zip(taken) {
                        *slot = *byte;
                    }
                    *have += taken.len();
                    if *have < header::LEN {
                        return Ok(None);
                    }
                    let len = dict_len(header::unpack(*bytes), &self.limits)?;
                    self.state = State::Dict { len, bytes: Vec::new() };
                }
                State::Dict { len, bytes } => {
                    let taken = take(input, *len as usize - bytes.len());
                    let head = if bytes.is_empty() && taken.len() == *len as usize {
                        head(taken, *len, &self.size_key, &self.limits)?
                    } else {
                        bytes.extend_from_slice(taken);
                        if bytes.len() < *len as usize {
                            return Ok(None);
                        }
                        head(bytes, *len, &self.size_key, &self.limits)?
                    };
                    let (dict_len, len) = (*len, head.body_len);
                    self.state = State::Body { dict_len, len, left: len };
                    return Ok(Some(Event::Head(head)));
                }
                State::Body { left: 0, .. } => {
                    self.state = START;
                    return Ok(Some(Event::End));
                }
                State::Body { left, .. } => {
                    let taken = take(input, usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= taken.len() as u64;
                    return Ok(if taken.is_empty() { None } else { Some(Event::Body(taken)) });
                }
                State::Failed(error) => return Err(error.clone()),
            }
        }
    }
}

/// Splits at most `max` bytes from the front of `input`.
fn take<'a>(input: &mut &'a [u8], max: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at(max.min(input.len()));
    *input = rest;
    taken
}

fn dict_len(announced: i32, limits: &Limits) -> Result<u32, FrameError> {
    let len =
        u32::try_from(announced).map_err(|_| FrameError::NegativeLength { found: announced })?;
    if len > limits.dict_max_bytes {
        return Err(FrameError::DictTooLong { found: len, limit: limits.dict_max_bytes });
    }
    Ok(len)
}

fn head(text: &[u8], dict_len: u32, key: &str, limits: &Limits) -> Result<Head, FrameError> {
    let value = pyjson::loads_bytes(text).map_err(|error| FrameError::NotJson { error })?;
    let dict =
        value.into_dict().map_err(|other| FrameError::NotADict { found: other.type_name() })?;
    let body_len = body_len(&dict, key, limits)?;
    Ok(Head { dict, dict_len, body_len })
}

fn body_len(dict: &Dict, key: &str, limits: &Limits) -> Result<u64, FrameError> {
    let key_name = || key.to_owned();
    match dict.get(key) {
        None => Err(FrameError::NoSize { key: key_name() }),
        Some(Value::Int(size)) if size.is_negative() => {
            Err(FrameError::NegativeSize { key: key_name(), found: size.to_string() })
        }
        Some(Value::Int(size)) => match size.as_u64() {
            Some(len) if len <= limits.body_max_bytes => Ok(len),
            _ => Err(FrameError::BodyTooLong {
                key: key_name(),
                found: size.to_string(),
                limit: limits.body_max_bytes,
            }),
        },
        Some(other) => Err(FrameError::SizeNotAnInt { key: key_name(), found: other.type_name() }),
    }
}
