//! Reads one message from a client and sends one answer over a stream: the common part of
//! `tcp-hello`, `greeting` and `first-message`.
//!
//! Unlike the reference's servers, these close in a way that the answer arrives, even if data is
//! left unread.

use tokio::io::AsyncReadExt;

use crate::serving::Connection;

/// One recv(1024); empty if the client half-closes without a message.
pub(crate) async fn receive(stream: &mut Connection) -> anyhow::Result<Vec<u8>> {
    let mut buffer = vec![0; 1024];
    let read = stream.read(&mut buffer).await?;
    buffer.truncate(read);
    Ok(buffer)
}

/// Sends the answer and closes.
pub(crate) async fn answer(mut stream: Connection, answer: &[u8]) -> anyhow::Result<()> {
    stream.write_last(answer).await?;
    Ok(stream.close_gently().await?)
}
