//! From a stream into a file: waits for bytes, and has the platform move them.

use std::io::{self, Write};
use std::os::fd::AsFd;

use tokio::io::Interest;

use crate::Stream;
use crate::platform::Mover;

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

impl Stream {
    /// Wait for bytes and move them into a file, `max_bytes` at most; 0 at the end of the stream. Given
    /// up while it waits, this has moved nothing.
    ///
    /// # Errors
    /// Nothing can be received, or not be written.
    pub async fn move_into<F>(
        &self,
        file: &F,
        mover: &mut Mover,
        max_bytes: u64,
    ) -> Result<u64, Unmoved>
    where
        F: AsFd,
        for<'f> &'f F: Write,
    {
        let receive = || mover.receive(self, max_bytes);
        let received =
            self.async_io(Interest::READABLE, receive).await.map_err(Unmoved::Receive)?;
        mover.write_to(file).map_err(Unmoved::Write)?;
        Ok(received as u64)
    }
}
