//! `remote-command`: sends each typed command to the server, and prints its output.
//!
//! Source: `python-ref/remote-command/client.py`. Unlike it, this client joins the parts of an
//! answer in the order in which they came, and reads exactly as many bytes as the dict
//! announces. It does not send a command that the server's recv(1024) would take for two, with
//! two answers.

use anyhow::{Context, ensure};
use endpoint::{Breach, Stream, Terminal};
use frame::Limits;
use frame::codec::{FrameCodec, Item};
use tokio::io::AsyncWriteExt;

use crate::args::RemoteCommand;
use crate::frames::Frames;

/// The longest command that the server reads as one.
const COMMAND_MAX_BYTES: usize = 1024;

pub(crate) async fn ask(options: RemoteCommand) -> anyhow::Result<()> {
    let address = &options.connect;
    let stream =
        Stream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    let limits = Limits { dict_max_bytes: options.max_dict, body_max_bytes: options.max_body };
    let codec = FrameCodec::new("data_size", limits);
    let mut frames = Frames::new(stream, codec, options.timeout);
    let mut terminal = Terminal::new();
    while let Some(line) = terminal.input(">>: ").await? {
        let command = line.encode_utf8()?.as_bytes();
        if command.is_empty() {
            continue;
        }
        ensure!(
            command.len() <= COMMAND_MAX_BYTES,
            "a command of {} bytes is over the server's limit of {COMMAND_MAX_BYTES}",
            command.len()
        );
        frames.stream().write_all(command).await.context("cannot send")?;
        let answer = read_answer(&mut frames).await?;
        let text = pytext::decode_gbk(&answer).context("the answer is not GBK")?;
        terminal.print(&text)?;
    }
    Ok(frames.stream().shutdown().await?)
}

async fn read_answer(frames: &mut Frames) -> Result<Vec<u8>, Breach> {
    frames.wait_for_some().await?;
    let mut answer = Vec::new();
    loop {
        match frames.next().await? {
            Item::Head(_) => {}
            Item::Body(part) => answer.extend_from_slice(&part),
            Item::End => return Ok(answer),
        }
    }
}
