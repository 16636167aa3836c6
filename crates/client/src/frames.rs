//! The next item of a stream of frames.

use anyhow::Context;
use endpoint::Stream;
use frame::codec::{CodecError, FrameCodec, Item};
use tokio_util::codec::Framed;

/// A connection to a server that answers in frames.
pub(crate) type Frames = Framed<Stream, FrameCodec>;

/// The next item, or `None` at the end of the stream between two frames.
pub(crate) async fn next_item(frames: &mut Frames) -> anyhow::Result<Option<Item>> {
    match futures_util::StreamExt::next(frames).await.transpose() {
        Err(CodecError::Io(error)) => Err(error).context("cannot receive"),
        item => Ok(item?),
    }
}
