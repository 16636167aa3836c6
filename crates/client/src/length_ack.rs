//! `length-ack`: sends the length of a message as text, and after the answer `ok`, the message.
//!
//! Source: `python-ref/length-ack/client.py`. Unlike it, this client accepts only `ok` as the
//! answer.

use std::io::ErrorKind;

use anyhow::{Context, bail, ensure};
use endpoint::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::args::Message;

pub(crate) async fn send(options: Message) -> anyhow::Result<()> {
    let address = &options.connect;
    let mut stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    let message = options.message.as_bytes();
    stream.write_all(message.len().to_string().as_bytes()).await.context("cannot send")?;
    let mut answer = [0; 2];
    match stream.read_exact(&mut answer).await {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            bail!("the server closed before it answered")
        }
        read => read.context("cannot receive")?,
    };
    ensure!(&answer == b"ok", "expected b'ok', found {}", pytext::repr_bytes(&answer));
    stream.write_all(message).await.context("cannot send")
}
