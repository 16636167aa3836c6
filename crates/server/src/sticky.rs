//! `sticky`: prints the first fifteen bytes of a stream in three parts, however the messages were
//! sent.
//!
//! Source: `python-ref/sticky/server.py`. Each of its recv(5) returns the bytes that are there, at
//! most five. This server waits for all five, so it always shows what the tutorial shows.

use crate::args::Plain8080;
use crate::clauses::Clauses;
use crate::reading::read_up_to;
use crate::screen;
use crate::serving::{Connection, serve_each};

const PARTS: usize = 3;
const PART_BYTES: u64 = 5;

pub(crate) async fn serve(options: Plain8080, clauses: Clauses) -> anyhow::Result<()> {
    serve_each(&options.listen, &options.serving, clauses, show_parts).await
}

async fn show_parts(mut stream: Connection) -> anyhow::Result<()> {
    for _ in 0..PARTS {
        let part = read_up_to(&mut stream, PART_BYTES).await?;
        screen::print(&pytext::repr_bytes(&part)).await?;
    }
    Ok(stream.close_gently().await?)
}
