//! `buffers`: what closing does to what a socket has buffered.
//!
//! Source: `python-ref/buffers/server.py`. Like it, this server looks at a connection's input
//! without taking it: if the client is done and has sent nothing, a block is written and the
//! connection closed at once, and all of the block arrives; else the connection is closed over its
//! unread input, which is a reset to the client.

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
