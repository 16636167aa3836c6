//! `length-prefix`: reads a packed length and a message, and prints the message.
//!
//! Source: `python-ref/length-prefix/server.py`. Unlike it, this server reads the whole header
//! and the whole message, however they are cut, and never prints an incomplete message.

use anyhow::{Context, ensure};
use frame::header;

use crate::args::Messages;
use crate::clauses::Clauses;
use crate::reading::read_up_to;
use crate::screen;
use crate::serving::{Connection, serve_each};

pub(crate) async fn serve(options: Messages, clauses: Clauses) -> anyhow::Result<()> {
    let max_bytes = options.max_message;
    serve_each(&options.listen, &options.serving, clauses, move |stream| {
        take_message(stream, max_bytes)
    })
    .await
}

async fn take_message(mut stream: Connection, max_bytes: u64) -> anyhow::Result<()> {
    let head = read_up_to(&mut stream, header::LEN as u64).await?;
    let head = head.try_into().ok().context("the client closed before its header was complete")?;
    let length = header::unpack(head);
    let length = u64::try_from(length).ok().with_context(|| {
        format!("expected the length of a message in the header, 0 to {max_bytes}, found {length}")
    })?;
    ensure!(length <= max_bytes, "a message of {length} bytes is over the limit of {max_bytes}");
    let message = read_up_to(&mut stream, length).await?;
    ensure!(
        message.len() as u64 == length,
        "expected a message of {length} bytes, found {}",
        message.len()
    );
    screen::print(&pytext::repr_bytes(&message)).await?;
    Ok(stream.close_gently().await?)
}
