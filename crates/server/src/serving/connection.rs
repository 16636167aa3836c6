//! A client's connection as a session sees it: a stream that records its progress.

use std::fs::File;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use endpoint::{Stream, platform};
use rustix::net::send;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Interest, ReadBuf};

use super::ledger::{Entry, Waits};

/// The size of one request to send a part of a file. It is large enough to hide the cost of the call,
/// and small enough that the other sessions of this thread get their turn.
const SEND_FILE_BYTES: usize = 1 << 20;

/// A connection. A client that makes it wait too long, or reads too slowly, loses it: the ledger then
/// drops the session at its next wait.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    entry: Arc<Entry>,
    /// The kind of wait when there is nothing to read.
    reads: Waits,
}

impl Connection {
    pub(super) fn new(stream: Stream, entry: Arc<Entry>) -> Self {
        Self { stream, entry, reads: Waits::ForMessage }
    }

    /// The next bytes belong to a message that has begun. A server that ends waits for it, and it must
    /// come fast enough.
    pub(crate) const fn message_has_begun(&mut self) {
        self.reads = Waits::Within;
    }

    /// The next bytes begin a new message, which may never come.
    pub(crate) const fn message_is_over(&mut self) {
        self.reads = Waits::ForMessage;
    }

    /// Like [`Stream::peek`].
    ///
    /// # Errors
    /// Those of that function.
    pub(crate) async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.entry.waits(self.reads);
        let read = self.stream.peek(buffer).await;
        self.entry.goes_on(&self.entry.received, 0);
        read
    }

    /// Like [`Stream::broken`].
    pub(crate) async fn broken(&self) -> io::Error {
        self.stream.broken().await
    }

    /// Like [`Stream::reset_on_close`].
    ///
    /// # Errors
    /// Those of that function.
    pub(crate) fn reset_on_close(&self) -> io::Result<()> {
        self.stream.reset_on_close()
    }

    /// Writes the last bytes before [`close_gently`](Self::close_gently). Where the system can hold them
    /// back, they leave in one packet with the end of the stream.
    ///
    /// # Errors
    /// Those of send(2).
    pub(crate) async fn write_last(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let send =
                || self.noting_sent(|stream| Ok(send(stream, bytes, platform::END_FOLLOWS)?));
            let sent = self.stream.async_io(Interest::WRITABLE, send).await?;
            bytes = bytes.split_at(sent).1;
        }
        Ok(())
    }

    /// Sends this many bytes from a file's start, as [`platform::send_file`] does. Returns the number of
    /// bytes sent, which is smaller if the file ends first.
    ///
    /// # Errors
    /// Those of that function.
    pub(crate) async fn send_file(&mut self, file: &File, max_bytes: u64) -> io::Result<u64> {
        let (mut left, mut offset) = (max_bytes, 0);
        while left > 0 {
            let ask =
                usize::try_from(left).map_or(SEND_FILE_BYTES, |left| left.min(SEND_FILE_BYTES));
            let send =
                || self.noting_sent(|stream| platform::send_file(stream, file, &mut offset, ask));
            match self.stream.async_io(Interest::WRITABLE, send).await? {
                0 => break,
                sent => left -= sent as u64,
            }
            // A client that reads everything at once would keep the other sessions of this thread
            // waiting.
            tokio::task::coop::consume_budget().await;
        }
        Ok(max_bytes - left)
    }

    /// Closes so that the written bytes arrive: half-closes, then reads until the client has closed too.
    /// Closing with unread input would reset the connection, and the reset may overtake the output.
    ///
    /// # Errors
    /// Those of shutdown(2).
    pub(crate) async fn close_gently(mut self) -> io::Result<()> {
        self.shutdown().await?;
        self.reads = Waits::ForClose;
        // The ledger limits this wait.
        while matches!(self.read(&mut [0; 1024]).await, Ok(1..)) {}
        Ok(())
    }

    /// Tries a system call that sends, once.
    fn noting_sent(&self, send: impl FnOnce(&Stream) -> io::Result<usize>) -> io::Result<usize> {
        let sent = send(&self.stream);
        match &sent {
            Ok(sent) => self.entry.goes_on(&self.entry.sent, *sent),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.entry.waits(Waits::Within);
            }
            Err(_) => {}
        }
        sent
    }

    fn write_with(
        &mut self,
        write: impl FnOnce(Pin<&mut Stream>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match write(Pin::new(&mut self.stream)) {
            Poll::Ready(written) => {
                self.entry.goes_on(&self.entry.sent, *written.as_ref().unwrap_or(&0));
                Poll::Ready(written)
            }
            Poll::Pending => {
                self.entry.waits(Waits::Within);
                Poll::Pending
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Resets a connection that is cut short. Otherwise the unsent bytes would stay in the system's
        // memory until the client reads them, and the client could take a partial answer for the whole.
        if self.entry.cut().is_some() && self.entry.waiting() == Waits::Within {
            // Only a connection that is already gone can't be reset.
            drop(self.stream.reset_on_close());
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(read) => {
                self.entry.goes_on(&self.entry.received, buffer.filled().len() - before);
                Poll::Ready(read)
            }
            Poll::Pending => {
                self.entry.waits(self.reads);
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_with(|stream| stream.poll_write(cx, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
