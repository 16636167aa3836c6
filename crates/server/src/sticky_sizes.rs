//! `sticky-sizes`: prints a stream in parts of 1024 bytes, however the messages were sent.
//!
//! Source: `python-ref/sticky-sizes/server.py`. Each of its recv(1024) returns the bytes that are
//! there. This server waits for all 1024, so small messages always merge, and the rest of a big
//! one merges with the next.

use tokio::io::AsyncWriteExt;

use crate::args::Plain8898;
use crate::clauses::Clauses;
use crate::reading::read_up_to;
use crate::screen;
use crate::serving::{Connection, serve_each};

const PART_BYTES: u64 = 1024;

pub(crate) async fn serve(options: Plain8898, clauses: Clauses) -> anyhow::Result<()> {
    serve_each(&options.listen, &options.serving, clauses, show_parts).await
}

async fn show_parts(mut stream: Connection) -> anyhow::Result<()> {
    loop {
        let part = read_up_to(&mut stream, PART_BYTES).await?;
        if part.is_empty() {
            return Ok(stream.shutdown().await?);
        }
        screen::print(&pytext::repr_bytes(&part)).await?;
        stream.message_is_over();
    }
}
