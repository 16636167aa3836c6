//! `file-transfer`: one file to whoever connects.
//!
//! Source: `python-ref/file-transfer/server.py`. Unlike it, this server goes on after the first
//! client, and never sends another number of bytes than the dict announced: if the file shrinks
//! meanwhile the connection is reset, so that no client takes the rest for whole.
//!
//! A small file leaves with its head in one write. Of a bigger one the system sends the bytes by
//! itself (sendfile(2)): they are never copied to this program.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use endpoint::Breach;
use frame::{Limits, encode_head};
use pyjson::Dict;
use tokio::io::AsyncWriteExt;

use crate::args::{Clauses, FileTransfer};
use crate::serving::{Connection, serve_each};

/// Up to this size a copy costs less than one more system call, and a packet more.
const SMALL_BYTES: u64 = 32 << 10;

pub(crate) async fn serve(options: FileTransfer, clauses: Clauses) -> anyhow::Result<()> {
    // Said now, not when the first client comes.
    head(&options, open(&options)?.1)?;
    let options = Arc::new(options);
    let shared = options.clone();
    let send = move |stream| send_file(stream, shared.clone());
    serve_each(&options.listen, &options.serving, clauses, send).await
}

/// The file and its size. These calls are short enough to be made between two others' turns.
fn open(options: &FileTransfer) -> anyhow::Result<(File, u64)> {
    let shown = options.file.display();
    let cannot = || format!("cannot open {shown}");
    // Looked at first: to open a named pipe is to wait for somebody who writes into it.
    let about = std::fs::metadata(&options.file).with_context(cannot)?;
    ensure!(about.is_file(), "cannot serve {shown}: not a regular file");
    let file = File::open(&options.file).with_context(cannot)?;
    let size = file.metadata().with_context(cannot)?.len();
    let max = options.max_body;
    ensure!(size <= max, "cannot serve {shown}: {size} bytes are over the limit of {max}");
    Ok((file, size))
}

/// Packed length and dict.
fn head(options: &FileTransfer, size: u64) -> anyhow::Result<Vec<u8>> {
    let mut dict = Dict::default();
    dict.insert("file_name", options.name.as_str());
    dict.insert("file_desc", options.desc.as_str());
    dict.insert("file_size", size);
    let limits = Limits { dict_max_bytes: options.max_dict, ..Limits::default() };
    Ok(encode_head(&dict, &limits)?.into_bytes())
}

async fn send_file(mut stream: Connection, options: Arc<FileTransfer>) -> anyhow::Result<()> {
    let (file, size) = open(&options)?;
    let mut bytes = head(&options, size)?;
    let mut left = size;
    if size <= SMALL_BYTES {
        let start = bytes.len();
        bytes.resize(start + usize::try_from(size)?, 0);
        let read = read_from_start(&file, bytes.split_at_mut(start).1)?;
        bytes.truncate(start + read);
        left -= read as u64;
        stream.write_all(&bytes).await?;
    } else {
        stream.write_all(&bytes).await?;
        left -= stream.send_file(&file, size).await?;
    }
    if left > 0 {
        stream.reset_on_close()?;
        let shown = options.file.display();
        let why = format!("{shown} shrank while it was sent: {left} of {size} bytes are missing");
        bail!(Breach::of("FT-4", why));
    }
    stream.close_gently().await?;
    Ok(())
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
