//! `length-prefix`: the packed length of a message and the message at once.
//!
//! Source: `python-ref/length-prefix/client.py`.

use anyhow::Context;
use endpoint::Stream;
use frame::header;
use tokio::io::AsyncWriteExt;

use crate::args::Message;

pub(crate) async fn send(options: Message) -> anyhow::Result<()> {
    let message = options.message.as_bytes();
    let length = i32::try_from(message.len()).context("the message is too long for a header")?;
    let frame = [&header::pack(length)[..], message].concat();
    let address = &options.connect;
    let mut stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.write_all(&frame).await.context("cannot send")
}
