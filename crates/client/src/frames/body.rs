//! The body of a frame, from the connection into a file.
//!
//! On Linux the bytes go through a pipe by splice(2): the system copies them once, into the file, and
//! this program never holds them. Where the system can't do that, or not for this file or socket, the
//! program copies them through a buffer ([`Mover`]).

use std::io::{self, Write};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use cap_std::fs::File;
use endpoint::platform::Mover;
use endpoint::{Breach, Stream, Unmoved};
use frame::{FrameError, Head, Part, header};

/// The rest of a frame after its head.
#[derive(Debug)]
pub(crate) struct Body {
    stream: Stream,
    /// The bytes that came with the head.
    begun: Bytes,
    dict_len: u32,
    len: u64,
    timeout_seconds: u64,
}

impl Body {
    /// The body of the frame with this head.
    pub(super) fn of(head: &Head, stream: Stream, mut begun: Bytes, timeout_seconds: u64) -> Self {
        let len = head.body_len;
        // Bytes after the body do not belong to it.
        begun.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        Self { stream, begun, dict_len: head.dict_len, len, timeout_seconds }
    }

    /// Writes the whole body to a file.
    ///
    /// # Errors
    /// The stream breaks off, ends, or stops for too long; or the file can't be written.
    pub(crate) async fn save(self, file: &File) -> anyhow::Result<()> {
        self.save_by(Mover::new(), file).await
    }

    async fn save_by(self, mut mover: Mover, file: &File) -> anyhow::Result<()> {
        let mut writing = file;
        writing.write_all(&self.begun).context("cannot write")?;
        let mut left = self.len - self.begun.len() as u64;
        let wait = Duration::from_secs(self.timeout_seconds);
        while left > 0 {
            let receive = self.stream.move_into(file, &mut mover, left);
            let moved = tokio::time::timeout(wait, receive).await.map_err(|_| self.too_slow())?;
            left -= match moved {
                Ok(0) => return Err(self.ended_early(left).into()),
                Ok(moved) => moved,
                Err(Unmoved::Receive(error)) => return Err(self.cannot_receive(&error).into()),
                Err(Unmoved::Write(error)) => return Err(error).context("cannot write"),
            };
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use pyjson::Dict;
    use tokio::io::AsyncWriteExt;
    use tokio::net::UnixStream;

    use super::*;

    /// What one call keeps of a body of `len` bytes, when the stream holds only these.
    async fn saved(mover: Mover, len: u64, sent: &[u8]) -> anyhow::Result<Vec<u8>> {
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
        let (sent, saved) = tokio::join!(send, body.save_by(mover, file.as_file()));
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
        for mover in [Mover::new, Mover::through_a_buffer] {
            let len = sent.len() as u64;
            assert!(saved(mover(), len, &sent).await.unwrap() == sent);
            assert_eq!(saved(mover(), 2, &sent[..3]).await.unwrap(), sent[..2]);
            let error = saved(mover(), len + 1, &sent).await.unwrap_err();
            assert!(error.to_string().contains("3000001"), "{error}");
        }
    }
}
