//! From a stream into a file through a buffer: what every system can do.

use std::io::{self, Write};

use tokio::io::Interest;

use crate::Stream;

const BUFFER_BYTES: usize = 256 << 10;

/// What a byte failed at on its way from a stream into a file.
#[derive(Debug, thiserror::Error)]
pub enum Unmoved {
    /// It could not be received.
    #[error("cannot receive: {0}")]
    Receive(#[source] io::Error),
    /// It could not be written.
    #[error("cannot write: {0}")]
    Write(#[source] io::Error),
}

/// Copies, and keeps its buffer.
#[derive(Debug, Default)]
pub(super) struct Copier {
    buffer: Vec<u8>,
}

impl Copier {
    /// Wait for bytes and copy them, `max_bytes` at most; 0 at the end of the stream.
    pub(super) async fn receive<F>(
        &mut self,
        stream: &Stream,
        mut file: &F,
        max_bytes: u64,
    ) -> Result<u64, Unmoved>
    where
        for<'f> &'f F: Write,
    {
        let len = usize::try_from(max_bytes).map_or(BUFFER_BYTES, |max| max.min(BUFFER_BYTES));
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
        let buffer = self.buffer.split_at_mut(len).0;
        let receive = || Ok(rustix::io::read(stream, &mut *buffer)?);
        let read = stream.async_io(Interest::READABLE, receive).await.map_err(Unmoved::Receive)?;
        file.write_all(buffer.split_at(read).0).map_err(Unmoved::Write)?;
        Ok(read as u64)
    }
}
