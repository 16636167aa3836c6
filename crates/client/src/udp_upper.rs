//! `udp-upper`: each typed line, stripped, as a datagram; the answer to the screen.
//!
//! Source: `python-ref/udp-upper/client.py`. Unlike it, this client gives up when no answer comes.
//! Like it, it takes the next datagram for the answer, whoever sends it: a server may well answer
//! from another address than the one it was asked at.

use std::time::Duration;

use anyhow::{Context, anyhow};
use endpoint::{Datagrams, Terminal};

use crate::args::UdpUpper;

pub(crate) async fn talk(options: UdpUpper) -> anyhow::Result<()> {
    let address = &options.connect;
    let cannot = || format!("cannot send to {address}");
    let (socket, server) = Datagrams::to(address).await.with_context(cannot)?;
    let mut terminal = Terminal::new();
    let mut buffer = [0; 1024];
    while let Some(line) = terminal.input(">>: ").await? {
        let message = line.strip();
        socket.send_to(message.encode_utf8()?.as_bytes(), &server).await.context("cannot send")?;
        let wait = Duration::from_secs(options.timeout);
        let (len, _) = tokio::time::timeout(wait, socket.recv_from(&mut buffer))
            .await
            .map_err(|_| anyhow!("no answer within {} s", options.timeout))?
            .context("cannot receive")?;
        terminal.print(&pytext::repr_bytes(buffer.split_at(len).0))?;
    }
    Ok(())
}
