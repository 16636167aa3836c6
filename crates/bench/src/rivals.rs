//! The bare tokio programs that `frame-server` is compared with, as hidden commands. They do the same on
//! the wire and nothing else: no limits, no output, no log.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::sent_file::head;

/// The size of one copy. Larger sizes were not faster.
pub(crate) const COPY_BYTES: usize = 256 << 10;

/// Prints the address for the program that started this, and returns the listener.
async fn listen() -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen")?;
    println!("listening on {}", listener.local_addr()?);
    std::io::stdout().flush()?;
    Ok(listener)
}

/// Sends the bytes of `file`, read once, to each client.
pub(crate) fn serve_bytes(file: &Path) -> anyhow::Result<()> {
    let bytes: Arc<[u8]> = std::fs::read(file).context("cannot read")?.into();
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = listen().await?;
        loop {
            let (mut stream, _) = listener.accept().await?;
            let bytes = bytes.clone();
            tokio::spawn(async move {
                stream.write_all(&bytes).await?;
                stream.shutdown().await
            });
        }
    })
}

/// Sends a file to each client through a buffer, which sendfile(2) avoids. One thread per client is the
/// fastest way to do that.
pub(crate) fn copy_file(file: &Path) -> anyhow::Result<()> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("cannot listen")?;
    println!("listening on {}", listener.local_addr()?);
    std::io::stdout().flush()?;
    for stream in listener.incoming() {
        let (mut stream, mut file) = (stream?, File::open(file).context("cannot open")?);
        std::thread::spawn(move || -> anyhow::Result<()> {
            stream.write_all(&head(file.metadata()?.len())?)?;
            let mut buffer = vec![0; COPY_BYTES];
            loop {
                let read = file.read(&mut buffer)?;
                if read == 0 {
                    return Ok(());
                }
                stream.write_all(buffer.split_at(read).0)?;
            }
        });
    }
    Ok(())
}

/// Sends each client's stream back in upper case.
pub(crate) fn serve_echo() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = listen().await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(echo(stream));
        }
    })
}

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return stream.shutdown().await;
        }
        let (data, _) = buffer.split_at_mut(read);
        data.make_ascii_uppercase();
        stream.write_all(data).await?;
    }
}
