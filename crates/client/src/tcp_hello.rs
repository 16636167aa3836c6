//! `tcp-hello`: sends one message, and shows the answer as bytes.
//!
//! Source: `python-ref/tcp-hello/client.py`.

use crate::args::TcpHello;
use crate::one_turn::ask;
use endpoint::Terminal;

pub(crate) async fn talk(options: TcpHello) -> anyhow::Result<()> {
    let answer = ask(&options.connect, options.message.as_bytes()).await?;
    Ok(Terminal::new().print(&pytext::repr_bytes(&answer))?)
}
