//! `greeting`: sends one message, and shows the greeting as bytes.
//!
//! Source: `python-ref/greeting/client.py`.

use crate::args::Greeting;
use crate::one_turn::ask;
use endpoint::Terminal;

pub(crate) async fn talk(options: Greeting) -> anyhow::Result<()> {
    let answer = ask(&options.connect, options.message.as_bytes()).await?;
    Ok(Terminal::new().print(&pytext::repr_bytes(&answer))?)
}
