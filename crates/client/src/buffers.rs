//! `buffers`: reads a block to its end over one connection, and sends a message that stays unread
//! over another.
//!
//! Source: `python-ref/buffers/client.py`.

use std::io;

use anyhow::Context;
use endpoint::{Address, BufferSizes, Stream, Terminal, python_os_error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::args::Buffers;

pub(crate) async fn show(options: Buffers) -> anyhow::Result<()> {
    let address = &options.connect;
    let mut terminal = Terminal::new();
    terminal.print(&BufferSizes::at(address).await?.to_string())?;

    let mut stream = connect(address).await?;
    stream.shutdown().await.context("cannot half-close the first connection")?;
    let size = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    terminal.print(&size.context("the block did not arrive")?.to_string())?;
    drop(stream);

    let mut stream = connect(address).await?;
    stream.write_all(options.message.as_bytes()).await.context("cannot send")?;
    let mut buffer = [0; 1024];
    let shown = match stream.read(&mut buffer).await {
        Ok(read) => pytext::repr_bytes(buffer.split_at(read).0),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => python_os_error(&error),
        Err(error) => return Err(error).context("cannot receive"),
    };
    Ok(terminal.print(&shown)?)
}

async fn connect(address: &Address) -> anyhow::Result<Stream> {
    Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))
}
