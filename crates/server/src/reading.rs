//! Reading so many bytes of a stream, however it is cut.

use std::io;

use tokio::io::AsyncReadExt;

use crate::serving::Connection;

/// Room that is made at once.
const ROOM_BYTES: u64 = 8 << 10;

/// So many bytes, or as many as there are before the stream ends. Room is made for what has come,
/// never for what was announced. After the first of them the message has begun.
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
