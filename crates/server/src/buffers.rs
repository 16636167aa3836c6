//! `buffers`: what closing a socket does to its buffered bytes.
//!
//! Source: `python-ref/buffers/server.py`. Like it, this server looks at a connection's input and
//! leaves it unread. If the client has ended its stream and sent nothing, the server writes a
//! block and closes at once, and the whole block arrives. Otherwise it closes with the input
//! unread, which the client sees as a reset.

use endpoint::BufferSizes;
use tokio::io::AsyncWriteExt;

use crate::args::Buffers;
use crate::clauses::Clauses;
use crate::screen;
use crate::serving::{Connection, serve_each};

static CHUNK: [u8; 64 << 10] = [b'x'; 64 << 10];

pub(crate) async fn serve(options: Buffers, clauses: Clauses) -> anyhow::Result<()> {
    screen::print(&BufferSizes::at(&options.listen).await?.to_string()).await?;
    let size = options.size;
    serve_each(&options.listen, &options.serving, clauses, move |stream| close_over(stream, size))
        .await
}

async fn close_over(mut stream: Connection, size: u64) -> anyhow::Result<()> {
    let mut buffer = [0; 1024];
    let unread = stream.peek(&mut buffer).await?;
    screen::print(&pytext::repr_bytes(buffer.split_at(unread).0)).await?;
    if unread == 0 {
        let mut left = size;
        while left > 0 {
            let len = usize::try_from(left).map_or(CHUNK.len(), |left| left.min(CHUNK.len()));
            stream.write_all(CHUNK.split_at(len).0).await?;
            left -= len as u64;
        }
        stream.shutdown().await?;
    }
    Ok(())
}
