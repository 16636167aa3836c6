//! Reads a given number of bytes from a stream, however it is cut.

use std::io;

use tokio::io::AsyncReadExt;

use crate::serving::Connection;

/// The buffer that is allocated at once.
const ROOM_BYTES: u64 = 8 << 10;

/// Reads this many bytes, or fewer if the stream ends first. It allocates memory for bytes that
/// have come, never for announced ones. With the first byte, the message counts as begun.
pub(crate) async fn read_up_to(stream: &mut Connection, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = stream.take(max_bytes);
    loop {
        let room = rest.limit().min(ROOM_BYTES.max(bytes.len() as u64));
        bytes.reserve(usize::try_from(room).unwrap_or(usize::MAX));
        if rest.read_buf(&mut bytes).await? == 0 {
            return Ok(bytes);
        }
        rest.get_mut().message_has_begun();
    }
}
