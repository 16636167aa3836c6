//! `length-prefix`: sends the packed length of a message and the message at once.
//!
//! Source: `python-ref/length-prefix/client.py`.

use anyhow::Context;
use endpoint::Stream;
use frame::header;
use tokio::io::AsyncWriteExt;

use crate::args::Message;

pub(crate) async fn send(options: Message) -> anyhow::Result<()> {
    let message = options.message.as_bytes();
    let length = i32::try_from(message.len()).ok().with_context(|| {
        let (len, max) = (message.len(), i32::MAX);
        format!("a message of {len} bytes is too long: its header holds at most {max}")
    })?;
    let frame = [&header::pack(length)[..], message].concat();
    let address = &options.connect;
    let mut stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.write_all(&frame).await.context("cannot send")
}
