//! One message from a client and one answer to it, over a stream: what `tcp-hello`, `greeting` and
//! `first-message` have in common.
//!
//! Unlike the reference's, these servers close so that the answer arrives, whatever they left
//! unread.

use tokio::io::AsyncReadExt;

use crate::serving::Connection;

/// One recv(1024); nothing if the client says that it sends nothing.
pub(crate) async fn receive(stream: &mut Connection) -> anyhow::Result<Vec<u8>> {
    let mut buffer = vec![0; 1024];
    let read = stream.read(&mut buffer).await?;
    buffer.truncate(read);
    Ok(buffer)
}

/// Send the answer and close.
pub(crate) async fn answer(mut stream: Connection, answer: &[u8]) -> anyhow::Result<()> {
    stream.write_last(answer).await?;
    Ok(stream.close_gently().await?)
}
