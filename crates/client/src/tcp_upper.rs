//! `tcp-upper`: sends each typed line to the server, and prints its answer.
//!
//! Source: `python-ref/tcp-upper/client.py`. Unlike it, this client reads as many bytes as it
//! sent for each answer, and does not wait for an answer to an empty line.

use anyhow::Context;
use endpoint::{Stream, Terminal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::args::TcpUpper;

pub(crate) async fn talk(options: TcpUpper) -> anyhow::Result<()> {
    let address = &options.connect;
    let mut stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    let mut terminal = Terminal::new();
    while let Some(line) = terminal.input("请输入你要发送给服务端的数据:").await? {
        let message = line.encode_utf8()?.as_bytes();
        if message.is_empty() {
            continue;
        }
        let mut answer = vec![0; message.len()];
        let (mut from_server, mut to_server) = tokio::io::split(&mut stream);
        // Writes and reads at the same time: the server answers before it has read everything,
        // and stops reading while its answer is not read.
        tokio::try_join!(
            async { to_server.write_all(message).await.context("cannot send") },
            async {
                let read = from_server.read_exact(&mut answer).await;
                read.context("the server closed before it answered")
            },
        )?;
        terminal.print(&format!("服务端发来的消息: {}", pytext::repr_bytes(&answer)))?;
    }
    Ok(stream.shutdown().await?)
}
