//! `line-upper` and `line-upper-serial`: sends one line, and shows the answer.
//!
//! Source: `python-ref/line-upper/client.py`. Unlike it, this client takes the end of the stream as
//! an answer only when the answer to its line is empty.

use anyhow::Context;

use crate::args::LineUpper;
use crate::one_turn::{ANSWER_BYTES, ask, ask_for_any};
use endpoint::Terminal;

pub(crate) async fn talk(options: LineUpper) -> anyhow::Result<()> {
    let line = format!("{}\n", options.message);
    let answer = if is_blank(line.as_bytes()) {
        ask_for_any(&options.connect, line.as_bytes()).await?
    } else {
        ask(&options.connect, line.as_bytes()).await?
    };
    show(&options.message, &answer)
}

/// Whether one recv(1024) of this strips to nothing at the server.
fn is_blank(line: &[u8]) -> bool {
    pytext::bytes_strip(line.get(..ANSWER_BYTES).unwrap_or(line)).is_empty()
}

/// Prints both lines, or nothing if the answer is not UTF-8.
pub(crate) fn show(message: &str, answer: &[u8]) -> anyhow::Result<()> {
    let text = pytext::decode_utf8(answer).context("the answer is not UTF-8")?;
    let mut terminal = Terminal::new();
    terminal.print(&format!("Sent:     {message}"))?;
    Ok(terminal.print(&format!("Received: {text}"))?)
}
