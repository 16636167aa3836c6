//! `udp-upper`: each typed line, stripped, as a datagram; the answer to the screen.
//!
//! Source: `python-ref/udp-upper/client.py`. Unlike it, this client gives up when no answer comes.

use std::time::Duration;

use anyhow::{Context, bail};
use endpoint::Address;
use tokio::net::UdpSocket;

use crate::args::UdpUpper;
use crate::terminal::Terminal;

pub(crate) async fn talk(options: UdpUpper) -> anyhow::Result<()> {
    let Address::Inet(address) = &options.connect else {
        bail!("udp-upper connects to HOST:PORT, not to {}", options.connect);
    };
    let server = tokio::net::lookup_host(address)
        .await
        .with_context(|| format!("cannot resolve {address}"))?
        .next()
        .with_context(|| format!("{address} has no address"))?;
    let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    let mut terminal = Terminal::new();
    let mut buffer = [0; 1024];
    while let Some(line) = terminal.input(">>: ").await? {
        let message = line.strip();
        socket.send_to(message.encode_utf8()?.as_bytes(), server).await.context("cannot send")?;
        let wait = Duration::from_secs(options.timeout);
        let (len, _) = tokio::time::timeout(wait, socket.recv_from(&mut buffer))
            .await
            .with_context(|| format!("no answer within {} s", options.timeout))??;
        terminal.print(&pytext::repr_bytes(buffer.split_at(len).0))?;
    }
    Ok(())
}
