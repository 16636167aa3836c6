//! Moves bytes from a stream into a file: waits for them, and lets the platform move them.

use std::io::{self, Write};
use std::os::fd::AsFd;

use tokio::io::Interest;

use crate::Stream;
use crate::platform::Mover;

/// Which half of a move from a stream into a file failed.
#[derive(Debug, thiserror::Error)]
pub enum Unmoved {
    /// Receiving failed.
    #[error("cannot receive: {0}")]
    Receive(#[source] io::Error),
    /// Writing failed.
    #[error("cannot write: {0}")]
    Write(#[source] io::Error),
}

impl Stream {
    /// Waits for bytes and moves them into a file, `max_bytes` at most; 0 at the end of the stream.
    /// Cancelling the wait moves nothing.
    ///
    /// # Errors
    /// Receiving or writing fails.
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
