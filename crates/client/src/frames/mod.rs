//! The next item of a stream of frames. The server may send anything, or stop sending. An error
//! names the clause of the part of the frame that the client was reading.
//!
//! [`Body`] moves the rest of a frame into a file, without an item for each piece.

mod body;

use std::time::Duration;

use endpoint::{Breach, Stream};
use frame::Head;
use frame::codec::{CodecError, FrameCodec, Item};
use futures_util::StreamExt;
use tokio_util::codec::{Decoder, Framed};

pub(crate) use body::Body;

/// A connection to a server that answers in frames.
pub(crate) struct Frames {
    framed: Framed<Stream, FrameCodec>,
    timeout_seconds: u64,
}

impl Frames {
    /// Reads the frames of this codec. The server may take this long for the next item.
    pub(crate) fn new(stream: Stream, codec: FrameCodec, timeout_seconds: u64) -> Self {
        Self { framed: codec.framed(stream), timeout_seconds }
    }

    /// The connection, for writing.
    pub(crate) fn stream(&mut self) -> &mut Stream {
        self.framed.get_mut()
    }

    /// The body of the frame whose head was the last item, read directly from the connection.
    pub(crate) fn into_body(self, head: &Head) -> Body {
        let parts = self.framed.into_parts();
        Body::of(head, parts.io, parts.read_buf.freeze(), self.timeout_seconds)
    }

    /// Waits, without a time limit, until the server has sent bytes or ended its stream.
    pub(crate) async fn wait_for_some(&mut self) -> Result<(), Breach> {
        if self.framed.read_buffer().is_empty() {
            let looked = self.framed.get_ref().peek(&mut [0]).await;
            looked.map_err(|error| self.broken_off(format!("cannot receive: {error}")))?;
        }
        Ok(())
    }

    /// The next item.
    ///
    /// # Errors
    /// The bytes are not a frame, the stream breaks off or ends (also between two frames), or the
    /// server takes too long.
    pub(crate) async fn next(&mut self) -> Result<Item, Breach> {
        let wait = Duration::from_secs(self.timeout_seconds);
        let Ok(next) = tokio::time::timeout(wait, self.framed.next()).await else {
            let (part, seconds) = (self.framed.codec().part(), self.timeout_seconds);
            return Err(self.broken_off(format!("no more of the {part} within {seconds} s")));
        };
        match next {
            Some(Ok(item)) => Ok(item),
            None => Err(self.broken_off("the server closed before it sent a header")),
            Some(Err(CodecError::Frame(error))) => Err(Breach::of(error.clause(), error)),
            Some(Err(CodecError::Io(error))) => {
                Err(self.broken_off(format!("cannot receive: {error}")))
            }
            Some(Err(CodecError::Encode(error))) => Err(self.broken_off(error)),
        }
    }

    fn broken_off(&self, what: impl std::fmt::Display) -> Breach {
        Breach::of(self.framed.codec().part().clause(), what)
    }
}
