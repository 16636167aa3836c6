//! Reading so many bytes of a stream, however it is cut.

use std::io;

use endpoint::Stream;
use tokio::io::AsyncReadExt;

/// So many bytes, or as many as there are before the stream ends. Room is made for what has come,
/// never for what was announced.
pub(crate) async fn read_up_to(stream: &mut Stream, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(max_bytes).read_to_end(&mut bytes).await?;
    Ok(bytes)
}
