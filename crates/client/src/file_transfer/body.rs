//! The body of a frame, from the connection into a file.
//!
//! The bytes go through a pipe by splice(2) and are copied once, by the system, into the file; this
//! program never holds any. Where the system can't do that with a file or a socket, they are copied
//! through a buffer.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use cap_std::fs::File;
use endpoint::{Breach, Stream};
use frame::{FrameError, Head, Part, header};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::io::Interest;

/// Asked for as the pipe's size, which may be refused, and what is moved at once at most.
const PIPE_BYTES: usize = 1 << 20;
const BUFFER_BYTES: usize = 256 << 10;

/// What is left of a frame once its head is read.
#[derive(Debug)]
pub(crate) struct Body {
    stream: Stream,
    /// What came with the head.
    begun: Bytes,
    dict_len: u32,
    len: u64,
    timeout_seconds: u64,
}

impl Body {
    /// The body of the frame with this head.
    pub(crate) fn of(head: &Head, stream: Stream, mut begun: Bytes, timeout_seconds: u64) -> Self {
        let len = head.body_len;
        // What is behind the body is no part of it.
        begun.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        Self { stream, begun, dict_len: head.dict_len, len, timeout_seconds }
    }

    /// Write all of it to a file.
    ///
    /// # Errors
    /// The stream breaks off, ends, or stands still for too long; or the file can't be written.
    pub(super) async fn save(self, file: &File) -> anyhow::Result<()> {
        self.save_through(Pipe::new().ok(), file).await
    }

    async fn save_through(self, mut pipe: Option<Pipe>, file: &File) -> anyhow::Result<()> {
        let mut writing = file;
        writing.write_all(&self.begun).context("cannot write")?;
        let mut left = self.len - self.begun.len() as u64;
        while left > 0 {
            let spliced = match &pipe {
                Some(pipe) => self.splice(pipe, file, left).await?,
                None => None,
            };
            let moved = match spliced {
                Some(moved) => moved,
                None => {
                    pipe = None;
                    self.copy(file, left).await?
                }
            };
            if moved == 0 {
                return Err(self.ended_early(left).into());
            }
            left -= moved;
        }
        Ok(())
    }

    /// Move some bytes on, or none at the end of the stream; nothing at all if splice(2) can't be
    /// used here.
    async fn splice(&self, pipe: &Pipe, file: &File, left: u64) -> anyhow::Result<Option<u64>> {
        let ask = usize::try_from(left).map_or(pipe.size, |left| left.min(pipe.size));
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        let receive = self.stream.async_io(Interest::READABLE, || {
            Ok(splice(&self.stream, None, &pipe.write, None, ask, flags)?)
        });
        let mut in_pipe = match self.in_time(receive).await? {
            Err(error) if is_not_for_this(&error) => return Ok(None),
            received => received.map_err(|error| self.cannot_receive(&error))?,
        };
        let moved = in_pipe as u64;
        while in_pipe > 0 {
            in_pipe -= match splice(&pipe.read, None, file, None, in_pipe, SpliceFlags::MOVE) {
                Ok(0) => {
                    return Err(io::Error::from(io::ErrorKind::WriteZero)).context("cannot write");
                }
                Ok(written) => written,
                Err(Errno::INTR) => 0,
                Err(Errno::INVAL) => pipe.empty_into(file, in_pipe).context("cannot write")?,
                Err(error) => return Err(error).context("cannot write"),
            };
        }
        Ok(Some(moved))
    }

    async fn copy(&self, mut file: &File, left: u64) -> anyhow::Result<u64> {
        let len = usize::try_from(left).map_or(BUFFER_BYTES, |left| left.min(BUFFER_BYTES));
        let mut buffer = vec![0; len];
        let receive = self
            .stream
            .async_io(Interest::READABLE, || Ok(rustix::io::read(&self.stream, &mut buffer[..])?));
        let received = self.in_time(receive).await?;
        let read = received.map_err(|error| self.cannot_receive(&error))?;
        file.write_all(buffer.split_at(read).0).context("cannot write")?;
        Ok(read as u64)
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Breach> {
        let wait = Duration::from_secs(self.timeout_seconds);
        tokio::time::timeout(wait, work).await.map_err(|_| self.too_slow())
    }

    fn too_slow(&self) -> Breach {
        let (part, seconds) = (Part::Body, self.timeout_seconds);
        Breach::of(part.clause(), format!("no more of the {part} within {seconds} s"))
    }

    fn cannot_receive(&self, error: &io::Error) -> Breach {
        Breach::of(Part::Body.clause(), format!("cannot receive: {error}"))
    }

    fn ended_early(&self, left: u64) -> Breach {
        let found = self.len - left;
        let offset = header::LEN as u64 + u64::from(self.dict_len) + found;
        let part = Part::Body;
        let error = FrameError::UnexpectedEnd { part, offset, expected: self.len, found };
        Breach::of(error.clause(), error)
    }
}

/// Whether splice(2) says that it can't be used with these descriptors.
fn is_not_for_this(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INVAL | Errno::NOSYS))
}

/// A pipe that is empty between two steps.
#[derive(Debug)]
struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
    size: usize,
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        // A user's pipes are limited in sum: then a smaller one has to do.
        let size = fcntl_setpipe_size(&write, PIPE_BYTES).unwrap_or(64 << 10);
        Ok(Self { read, write, size })
    }

    /// Copy what is in it to a file that takes nothing by splice(2).
    fn empty_into(&self, mut file: &File, len: usize) -> io::Result<usize> {
        let mut buffer = vec![0; len];
        let read = rustix::io::read(&self.read, &mut buffer)?;
        file.write_all(buffer.split_at(read).0)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use pyjson::Dict;
    use tokio::io::AsyncWriteExt;
    use tokio::net::UnixStream;

    use super::*;

    /// What is saved of a body of `len` bytes, of which these are all that come.
    async fn saved(pipe: Option<Pipe>, len: u64, sent: &[u8]) -> anyhow::Result<Vec<u8>> {
        let (mut server, client) = UnixStream::pair()?;
        let (begun, rest) = sent.split_at(3);
        let head = Head { dict: Dict::default(), dict_len: 2, body_len: len };
        let body = Body::of(&head, Stream::Unix(client), Bytes::copy_from_slice(begun), 30);
        let directory = cap_tempfile::tempdir(cap_std::ambient_authority())?;
        let mut file = cap_tempfile::TempFile::new(&directory)?;
        let send = async {
            server.write_all(rest).await?;
            server.shutdown().await
        };
        let (sent, saved) = tokio::join!(send, body.save_through(pipe, file.as_file()));
        sent?;
        saved?;
        file.rewind()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[tokio::test]
    async fn a_body_is_the_same_spliced_and_copied_and_nothing_behind_it_is_taken() {
        let sent: Vec<u8> = (0..3_000_000_u32).map(|at| at.to_le_bytes()[1]).collect();
        for pipe in [true, false] {
            let pipe = || pipe.then(|| Pipe::new().unwrap());
            let len = sent.len() as u64;
            assert!(saved(pipe(), len, &sent).await.unwrap() == sent);
            assert_eq!(saved(pipe(), 2, &sent[..3]).await.unwrap(), sent[..2]);
            let error = saved(pipe(), len + 1, &sent).await.unwrap_err();
            assert!(error.to_string().contains("3000001"), "{error}");
        }
    }
}
