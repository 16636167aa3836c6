//! Fuzzes one decoder over a whole session. It is fed, queried, copied and ended in any order, and
//! compared with a reader that keeps all bytes and reads them anew each time.

use frame::{Decoder, Event, FrameError, Head, Limits};

use crate::decode::limits;

/// Operations: one byte each, and then its argument.
///
/// ```text
/// 0..=127    feed the next n bytes, and take all events
/// 128..=191  feed the next n-128 bytes, and take one event at most; what is left is fed again
/// 192..=223  feed no more than the decoder wants
/// 224..=239  go on with a copy of the decoder
/// 240..=255  ask whether the stream could end here
/// ```
pub fn session(data: &[u8]) {
    let mut session = Session::new();
    let mut left = data;
    while let Some((operation, rest)) = left.split_first() {
        left = rest;
        let mut feed = |len: usize| {
            let (bytes, rest) = left.split_at(left.len().min(len));
            left = rest;
            bytes
        };
        match operation {
            0..=127 => session.feed(feed(usize::from(*operation)), usize::MAX),
            128..=191 => session.feed(feed(usize::from(*operation - 128)), 1),
            192..=223 => {
                let wants = usize::try_from(session.decoder.wants()).unwrap_or(usize::MAX);
                session.feed(feed(wants.min(usize::from(*operation))), usize::MAX);
            }
            224..=239 => session.decoder = session.decoder.clone(),
            240..=255 => session.could_end(),
        }
    }
    session.finish();
}

struct Session {
    decoder: Decoder,
    /// All bytes so far.
    stream: Vec<u8>,
    /// How many of them the decoder has not taken yet.
    pending: Vec<u8>,
    heads: Vec<Head>,
    bodies: Vec<Vec<u8>>,
    ends: usize,
    error: Option<FrameError>,
}

impl Session {
    fn new() -> Self {
        Self {
            decoder: Decoder::new("data_size", limits()),
            stream: Vec::new(),
            pending: Vec::new(),
            heads: Vec::new(),
            bodies: Vec::new(),
            ends: 0,
            error: None,
        }
    }

    fn feed(&mut self, bytes: &[u8], mut events: usize) {
        self.stream.extend_from_slice(bytes);
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let mut input = &pending[..];
        while events > 0 && self.error.is_none() {
            events -= 1;
            match self.decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(Event::Head(head))) => {
                    self.heads.push(head);
                    self.bodies.push(Vec::new());
                }
                Ok(Some(Event::Body(bytes))) => {
                    self.bodies.last_mut().expect("a head came before").extend_from_slice(bytes);
                }
                Ok(Some(Event::End)) => self.ends += 1,
                Err(error) => self.error = Some(error),
            }
        }
        self.pending = input.to_vec();
    }

    /// At this place the decoder must report the same end as for a stream that ends here.
    fn could_end(&mut self) {
        self.feed(&[], usize::MAX);
        let (frames, end) = plainly(&self.stream);
        assert_eq!(self.decoder.finish(), end, "of {frames} frames");
    }

    fn finish(mut self) {
        self.could_end();
        let open = self.heads.len() - self.ends;
        let may_be_open = usize::from(!self.decoder.is_between_frames());
        assert!(open <= may_be_open, "{open} frames have a head and no end");
        for (head, body) in self.heads.iter().zip(&self.bodies).take(self.ends) {
            assert_eq!(head.body_len, body.len() as u64);
        }
        let frames = self.heads.iter().zip(&self.bodies);
        let length: u64 =
            frames.map(|(head, body)| 4 + u64::from(head.dict_len) + body.len() as u64).sum();
        assert!(length <= self.stream.len() as u64, "no byte is read twice");
    }
}

/// How a stream ends, read frame by frame from its beginning, and its number of complete frames.
fn plainly(stream: &[u8]) -> (usize, Result<(), FrameError>) {
    let Limits { dict_max_bytes, .. } = limits();
    let mut left = stream;
    for frames in 0.. {
        if left.is_empty() {
            return (frames, Ok(()));
        }
        let mut alone = Decoder::new("data_size", limits());
        let head = match left.first_chunk() {
            Some(header) => i32::from_le_bytes(*header),
            None => return (frames, ended(alone, left)),
        };
        let text = match u32::try_from(head) {
            Ok(len) if len <= dict_max_bytes => left.get(4..4 + len as usize),
            _ => None,
        };
        // Bytes that are not a frame, or not yet, are in one piece.
        let dict = text.and_then(|text| pyjson::loads_bytes(text).ok()?.into_dict().ok());
        let size = dict.as_ref().and_then(|dict| match dict.get("data_size") {
            Some(pyjson::Value::Int(size)) => size.as_u64(),
            _ => None,
        });
        let Some((text, size)) = text.zip(size) else { return (frames, ended(alone, left)) };
        if size > limits().body_max_bytes {
            return (frames, ended(alone, left));
        }
        let Some(rest) =
            usize::try_from(size).ok().and_then(|len| left.get(4 + text.len() + len..))
        else {
            return (frames, ended(alone, left));
        };
        let mut input = left;
        while !matches!(alone.decode(&mut input), Ok(Some(Event::End))) {}
        assert_eq!(input.len(), rest.len(), "a frame takes its own bytes");
        left = rest;
    }
    unreachable!("a stream has an end")
}

/// The end of a stream that has one frame, or less.
fn ended(mut decoder: Decoder, stream: &[u8]) -> Result<(), FrameError> {
    let mut input = stream;
    loop {
        match decoder.decode(&mut input) {
            Ok(None) => return decoder.finish(),
            Ok(Some(_)) => {}
            Err(error) => return Err(error),
        }
    }
}
