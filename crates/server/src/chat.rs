//! `chat`, `chat-guarded` and `chat-relisten`: turn by turn, prints a client's message and sends
//! the line that the server's user types.
//!
//! Source: `python-ref/chat/server.py`, `python-ref/chat-guarded/server.py` and
//! `python-ref/chat-relisten/server.py`. Unlike the first, this server ends at the end of the
//! client's stream. Unlike all of them, it sends no line that the client would take for two
//! messages, and does not wait for its user's answer when the client has reset the connection.

use std::io;

use anyhow::{Context, ensure};
use endpoint::{Stream, Terminal};
use pytext::Line;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::args::Chat;
use crate::clauses::Clauses;
use crate::screen::{self, ScreenLost};
use crate::serving::{Acceptor, cannot_accept, listen, warn_of};

/// The longest message that one recv(1024) returns.
const MESSAGE_MAX_BYTES: usize = 1024;
const PROMPT: &str = "请回复消息>>>:";

/// The differences between the three chats.
pub(crate) struct Manner {
    /// The text before a message.
    before_message: &'static str,
    /// The answer that replaces an empty one. Without it the server asks its user again.
    empty_answer: Option<&'static str>,
    /// Whether the server ends with status 0 even after an error in a conversation.
    forgives: bool,
    /// Whether the server serves more clients after the first.
    relistens: bool,
}

pub(crate) const PLAIN: Manner =
    Manner { before_message: "", empty_answer: None, forgives: false, relistens: false };
pub(crate) const GUARDED: Manner = Manner {
    before_message: "收到客户端消息>>",
    empty_answer: Some("太忙了 暂无消息"),
    forgives: true,
    relistens: false,
};
pub(crate) const RELISTEN: Manner = Manner { relistens: true, ..GUARDED };

pub(crate) async fn serve(options: Chat, clauses: Clauses, manner: &Manner) -> anyhow::Result<()> {
    let listener = listen(&options.listen, options.access.reach()).await?;
    let mut clients = Acceptor::of_one(listener, cannot_accept(clauses));
    let mut terminal = Terminal::new();
    loop {
        let (stream, peer) = clients.next().await;
        match talk(stream, &mut terminal, manner).await {
            Err(error) if manner.forgives && !error.is::<ScreenLost>() => {
                warn_of(&peer, &error, clauses);
            }
            ended => ended?,
        }
        if !manner.relistens {
            return Ok(());
        }
    }
}

/// One conversation, until the client has left or the server's input ends.
async fn talk(mut stream: Stream, terminal: &mut Terminal, manner: &Manner) -> anyhow::Result<()> {
    let mut buffer = [0; MESSAGE_MAX_BYTES];
    loop {
        let read = match stream.read(&mut buffer).await {
            Ok(0) => break,
            Err(error) if has_left(&error) => break,
            read => read.context("cannot receive")?,
        };
        let message = pytext::decode_utf8(buffer.split_at(read).0);
        let message = message.context("the message is not UTF-8")?;
        screen::print(&format!("{}{message}", manner.before_message)).await?;
        let Some(answer) = ask(&stream, terminal, manner).await? else { break };
        let answer = match manner.empty_answer {
            Some(instead) if answer.is_empty() => instead,
            _ => answer.encode_utf8()?,
        };
        let len = answer.len();
        ensure!(len <= MESSAGE_MAX_BYTES, "the line is {len} bytes, over {MESSAGE_MAX_BYTES}");
        match stream.write_all(answer.as_bytes()).await {
            Err(error) if has_left(&error) => break,
            sent => sent.context("cannot send")?,
        }
    }
    Ok(stream.shutdown().await?)
}

/// Whether a client that has ended its stream has gone completely. Only an answer shows this. A
/// client that resets the connection without ending its stream first is a different error.
fn has_left(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Reads a line from the user, unless the client resets first. Returns an empty line only if a
/// fixed answer replaces it, and `None` at the end of input.
async fn ask(
    stream: &Stream,
    terminal: &mut Terminal,
    manner: &Manner,
) -> anyhow::Result<Option<Line>> {
    loop {
        let line = tokio::select! {
            // A line that is already typed is sent, even if the client has left meanwhile.
            biased;
            line = terminal.input(PROMPT) => line.map_err(ScreenLost::from)?,
            error = stream.broken() => {
                return if has_left(&error) { Ok(None) } else { Err(error).context("the client broke off") };
            }
        };
        match line.map(|line| line.strip()) {
            Some(line) if line.is_empty() && manner.empty_answer.is_none() => {}
            line => return Ok(line),
        }
    }
}
