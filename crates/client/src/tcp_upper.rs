//! `tcp-upper`: each typed line to the server, its answer to the screen.
//!
//! Source: `python-ref/tcp-upper/client.py`. Unlike it, this client knows that an answer is as
//! long as what was sent and reads all of it, and doesn't wait for an answer to an empty line.

use anyhow::Context;
use endpoint::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::args::TcpUpper;
use crate::terminal::Terminal;

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
        stream.write_all(message).await.context("cannot send")?;
        let mut answer = vec![0; message.len()];
        stream.read_exact(&mut answer).await.context("the server closed before it answered")?;
        terminal.print(&format!("服务端发来的消息: {}", pytext::repr_bytes(&answer)))?;
    }
    Ok(stream.shutdown().await?)
}
