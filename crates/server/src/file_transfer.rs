//! `file-transfer`: sends one file to every client.
//!
//! Source: `python-ref/file-transfer/server.py`. Unlike it, this server goes on after the first
//! client, and never sends a different number of bytes than the dict announced. If the file shrinks
//! meanwhile, the server resets the connection, so that no client takes a partial file for the whole.
//!
//! The server sends a small file and its head in one write. Linux itself sends the bytes of a bigger
//! file (sendfile(2)), without a copy to this program. The file stays open between clients, as long
//! as the path still names the same file.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail, ensure};
use endpoint::Breach;
use frame::{Limits, encode_head};
use pyjson::Dict;
use rustix::fs::{Mode, OFlags};
use rustix::io::retry_on_intr;
use tokio::io::AsyncWriteExt;

use crate::args::FileTransfer;
use crate::clauses::Clauses;
use crate::serving::{Connection, serve_each};

/// Up to this size, a copy costs less than one more system call and one more packet.
const SMALL_BYTES: u64 = 32 << 10;

pub(crate) async fn serve(options: FileTransfer, clauses: Clauses) -> anyhow::Result<()> {
    let (address, serving) = (options.listen.clone(), options.serving.clone());
    let source = Arc::new(Source { options, last: Mutex::new(None) });
    // Reports a problem with the file at the start, not when the first client comes.
    let (_, size) = source.open()?;
    source.head(size)?;
    serve_each(&address, &serving, clauses, move |stream| send_file(stream, source.clone())).await
}

/// The source of the bytes.
struct Source {
    options: FileTransfer,
    last: Mutex<Option<Opened>>,
}

/// An open file, and its identity.
struct Opened {
    file: Arc<File>,
    device: u64,
    inode: u64,
}

impl Opened {
    fn is(&self, about: &Metadata) -> bool {
        (self.device, self.inode) == (about.dev(), about.ino())
    }
}

impl Source {
    /// The file that is at the path now, and its size. These calls are short enough to block the
    /// thread between two other sessions' turns.
    fn open(&self) -> anyhow::Result<(Arc<File>, u64)> {
        let path = &self.options.file;
        let shown = path.display();
        let cannot = || format!("cannot open {shown}");
        let is_file = |about: &Metadata| -> anyhow::Result<()> {
            ensure!(about.is_file(), "cannot serve {shown}: not a regular file");
            Ok(())
        };
        // Looks at the path first: a file that is already open need not be opened again, and a device
        // is never opened.
        let mut about = std::fs::metadata(path).with_context(cannot)?;
        is_file(&about)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &*last {
            Some(opened) if opened.is(&about) => opened.file.clone(),
            _ => {
                let file = Arc::new(open_at_once(path).with_context(cannot)?);
                // The opened file may differ from the one at the path before.
                about = file.metadata().with_context(cannot)?;
                is_file(&about)?;
                let (device, inode) = (about.dev(), about.ino());
                *last = Some(Opened { file: file.clone(), device, inode });
                file
            }
        };
        let (size, max) = (about.len(), self.options.max_body);
        ensure!(size <= max, "cannot serve {shown}: {size} bytes are over the limit of {max}");
        Ok((file, size))
    }

    /// Packed length and dict.
    fn head(&self, size: u64) -> anyhow::Result<Vec<u8>> {
        let mut dict = Dict::default();
        dict.insert("file_name", self.options.name.as_str());
        dict.insert("file_desc", self.options.desc.as_str());
        dict.insert("file_size", size);
        let limits = Limits { dict_max_bytes: self.options.max_dict, ..Limits::default() };
        Ok(encode_head(&dict, &limits)?.into_bytes())
    }
}

async fn send_file(mut stream: Connection, source: Arc<Source>) -> anyhow::Result<()> {
    let (file, size) = source.open()?;
    let mut bytes = source.head(size)?;
    let mut left = size;
    if size <= SMALL_BYTES {
        let start = bytes.len();
        bytes.resize(start + usize::try_from(size)?, 0);
        let read = read_from_start(&file, bytes.split_at_mut(start).1)?;
        bytes.truncate(start + read);
        left -= read as u64;
        stream.write_last(&bytes).await?;
    } else {
        stream.write_all(&bytes).await?;
        left -= stream.send_file(&file, size).await?;
    }
    if left > 0 {
        stream.reset_on_close()?;
        let shown = source.options.file.display();
        let why = format!("{shown} shrank while it was sent: {left} of {size} bytes are missing");
        bail!(Breach::of("FT-4", why));
    }
    stream.close_gently().await?;
    Ok(())
}

/// Opens a file to read it, without waiting: a named pipe would otherwise wait for a writer. A
/// terminal does not become this process's controlling terminal.
fn open_at_once(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?;
    Ok(opened.into())
}

/// Reads as many bytes as there are, up to the buffer's length.
fn read_from_start(file: &File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read_at(buffer.split_at_mut(read).1, read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
