//! `file-transfer`: one file to whoever connects.
//!
//! Source: `python-ref/file-transfer/server.py`. Unlike it, this server goes on after the first
//! client, and never sends another number of bytes than the dict announced: if the file shrinks
//! meanwhile the connection is reset, so that no client takes the rest for whole.

use anyhow::{Context, bail, ensure};
use endpoint::{Breach, Stream};
use frame::{Limits, encode_head};
use pyjson::Dict;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::accept::{close_gently, serve_each};
use crate::args::{Clauses, FileTransfer};

const CHUNK_BYTES: usize = 64 << 10;

pub(crate) async fn serve(options: FileTransfer, clauses: Clauses) -> anyhow::Result<()> {
    // Said now, not when the first client comes.
    open(&options).await?;
    let options = std::sync::Arc::new(options);
    let address = options.listen.clone();
    serve_each(&address, clauses, move |stream| send_file(stream, options.clone())).await
}

async fn open(options: &FileTransfer) -> anyhow::Result<(File, u64)> {
    let shown = options.file.display();
    let cannot = || format!("cannot open {shown}");
    // Looked at first: to open a named pipe is to wait for somebody who writes into it.
    let about = tokio::fs::metadata(&options.file).await.with_context(cannot)?;
    ensure!(about.is_file(), "cannot serve {shown}: not a regular file");
    let file = File::open(&options.file).await.with_context(cannot)?;
    let size = file.metadata().await.with_context(cannot)?.len();
    Ok((file, size))
}

async fn send_file(
    mut stream: Stream,
    options: std::sync::Arc<FileTransfer>,
) -> anyhow::Result<()> {
    let (file, size) = open(&options).await?;
    let mut dict = Dict::default();
    dict.insert("file_name", options.name.as_str());
    dict.insert("file_desc", options.desc.as_str());
    dict.insert("file_size", size);
    let head = encode_head(&dict, &Limits::default())?;

    let mut body = file.take(size);
    let mut buffer = head.to_bytes();
    let mut left = size;
    loop {
        let read = (&mut body).take(CHUNK_BYTES as u64).read_to_end(&mut buffer).await?;
        left -= read as u64;
        stream.write_all(&buffer).await?;
        buffer.clear();
        if left == 0 {
            break;
        }
        if read == 0 {
            stream.reset_on_close()?;
            let shown = options.file.display();
            let why =
                format!("{shown} shrank while it was sent: {left} of {size} bytes are missing");
            bail!(Breach::of("FT-4", why));
        }
    }
    close_gently(&mut stream).await?;
    Ok(())
}
