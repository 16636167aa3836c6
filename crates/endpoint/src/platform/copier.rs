//! Copies from a stream into a file through a buffer, which every system can do. Nothing
//! here waits.

use std::io::{self, Write};
use std::os::fd::AsFd;

const BUFFER_BYTES: usize = 256 << 10;

/// Copies, and keeps its buffer.
#[derive(Debug, Default)]
pub(super) struct Copier {
    buffer: Vec<u8>,
    /// How many bytes of the buffer are still to be written.
    filled: usize,
}

impl Copier {
    /// Reads the bytes that have come, `max_bytes` at most; 0 at the end of the stream.
    pub(super) fn receive(&mut self, stream: impl AsFd, max_bytes: u64) -> io::Result<usize> {
        let len = usize::try_from(max_bytes).map_or(BUFFER_BYTES, |max| max.min(BUFFER_BYTES));
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
        self.filled = rustix::io::read(stream, self.buffer.split_at_mut(len).0)?;
        Ok(self.filled)
    }

    /// Writes the bytes that were read.
    pub(super) fn write_to<F>(&mut self, mut file: &F) -> io::Result<()>
    where
        for<'f> &'f F: Write,
    {
        let filled = std::mem::take(&mut self.filled);
        file.write_all(self.buffer.split_at(filled).0)
    }
}
