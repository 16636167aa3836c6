//! `file-transfer`: one file to whoever connects.
//!
//! Source: `python-ref/file-transfer/server.py`. Unlike it, this server goes on after the first
//! client, and never sends another number of bytes than the dict announced: if the file shrinks
//! meanwhile the connection is reset, so that no client takes the rest for whole.
//!
//! A small file leaves with its head in one write. Of a bigger one Linux sends the bytes by
//! itself (sendfile(2)): they are never copied to this program. The file stays open from one client
//! to the next, for as long as it is the one of that path.

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

/// Up to this size a copy costs less than one more system call, and a packet more.
const SMALL_BYTES: u64 = 32 << 10;

pub(crate) async fn serve(options: FileTransfer, clauses: Clauses) -> anyhow::Result<()> {
    let (address, serving) = (options.listen.clone(), options.serving.clone());
    let source = Arc::new(Source { options, last: Mutex::new(None) });
    // What is wrong with it is said now, not when the first client comes.
    let (_, size) = source.open()?;
    source.head(size)?;
    serve_each(&address, &serving, clauses, move |stream| send_file(stream, source.clone())).await
}

/// Where the bytes come from.
struct Source {
    options: FileTransfer,
    last: Mutex<Option<Opened>>,
}

/// A file that was opened, and which one that is.
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
    /// The file that is at the path now, and its size. These calls are short enough to be made
    /// between two others' turns.
    fn open(&self) -> anyhow::Result<(Arc<File>, u64)> {
        let path = &self.options.file;
        let shown = path.display();
        let cannot = || format!("cannot open {shown}");
        let is_file = |about: &Metadata| -> anyhow::Result<()> {
            ensure!(about.is_file(), "cannot serve {shown}: not a regular file");
            Ok(())
        };
        // Looked at first: the file that is open already need not be opened, nor a device at all.
        let mut about = std::fs::metadata(path).with_context(cannot)?;
        is_file(&about)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &*last {
            Some(opened) if opened.is(&about) => opened.file.clone(),
            _ => {
                let file = Arc::new(open_at_once(path).with_context(cannot)?);
                // What was opened may not be what was looked at.
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

/// Open a file to be read. Whatever it is, nothing is waited for, as a named pipe would have one wait
/// for somebody who writes into it; and a terminal does not become this process's own.
fn open_at_once(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?;
    Ok(opened.into())
}

/// As many bytes as there are, up to the buffer's length.
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
