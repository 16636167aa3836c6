//! `udp-hello`: sends one datagram, and shows the answer as text.
//!
//! Source: `python-ref/udp-hello/client.py`. Unlike it, this client gives up when no answer comes.

use anyhow::Context;
use endpoint::Datagrams;

use crate::args::UdpHello;
use crate::one_datagram::ask;
use crate::one_turn::ANSWER_BYTES;
use endpoint::Terminal;

pub(crate) async fn talk(options: UdpHello) -> anyhow::Result<()> {
    let address = &options.connect;
    let cannot = || format!("cannot send to {address}");
    let (socket, server) = Datagrams::to(address).await.with_context(cannot)?;
    let mut buffer = [0; ANSWER_BYTES];
    let message = options.message.as_bytes();
    let (answer, from) = ask((&socket, &server), message, &mut buffer, options.timeout).await?;
    let text = pytext::decode_utf8(answer).context("the answer is not UTF-8")?;
    let from = from.printed_by_python(pytext::repr_bytes);
    Ok(Terminal::new().print(&format!("{text} {from}"))?)
}
