//! `line-upper-udp`: sends one line as a datagram, and shows the answer.
//!
//! Source: `python-ref/line-upper-udp/client.py`. Unlike it, this client gives up when no answer
//! comes.

use anyhow::Context;
use endpoint::Datagrams;

use crate::args::LineUpperUdp;
use crate::line_upper::show;
use crate::one_datagram::ask;
use crate::one_turn::ANSWER_BYTES;

pub(crate) async fn talk(options: LineUpperUdp) -> anyhow::Result<()> {
    let address = &options.connect;
    let cannot = || format!("cannot send to {address}");
    let (socket, server) = Datagrams::to(address).await.with_context(cannot)?;
    let line = format!("{}\n", options.message);
    let mut buffer = [0; ANSWER_BYTES];
    let message = line.as_bytes();
    let (answer, _) = ask((&socket, &server), message, &mut buffer, options.timeout).await?;
    show(&options.message, answer)
}
