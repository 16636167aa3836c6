//! `udp-upper`: sends each typed line, stripped, as a datagram, and prints the answer.
//!
//! Source: `python-ref/udp-upper/client.py`. Unlike it, this client gives up when no answer comes.

use anyhow::Context;
use endpoint::{Datagrams, Terminal};

use crate::args::UdpUpper;
use crate::one_datagram::ask;

pub(crate) async fn talk(options: UdpUpper) -> anyhow::Result<()> {
    let address = &options.connect;
    let cannot = || format!("cannot send to {address}");
    let (socket, server) = Datagrams::to(address).await.with_context(cannot)?;
    let mut terminal = Terminal::new();
    let mut buffer = [0; 1024];
    while let Some(line) = terminal.input(">>: ").await? {
        let message = line.strip();
        let message = message.encode_utf8()?.as_bytes();
        let (answer, _) = ask((&socket, &server), message, &mut buffer, options.timeout).await?;
        terminal.print(&pytext::repr_bytes(answer))?;
    }
    Ok(())
}
