//! The user of a peer: what is typed and how, and the peer's three standard streams.
//!
//! A user either writes everything into a pipe at once, or sits at a pseudo-terminal and types a line at each
//! prompt. This module does not interpret the lines.

use std::io;
use std::os::fd::OwnedFd;

use model::blob::Blob;
use model::count;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;

use super::output::{Output, Screen};
use super::terminal;

/// Ctrl-D, the end of input at a terminal.
const END_OF_INPUT: &[u8] = b"\x04";

/// What a peer's user types, and how.
#[derive(Debug, Clone)]
pub struct User {
    /// The lines, without their newlines.
    pub lines: Vec<Blob>,
    /// If the user sits at a terminal: the prompt to wait for before each line. All three standard streams are
    /// then the terminal, and Ctrl-D answers every prompt after the last line. Otherwise they are pipes, and
    /// all lines are written at once.
    pub terminal: Option<Prompt>,
}

/// When a user at a terminal types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// Types a line each time this text appears, and Ctrl-D each time after the last line.
    Shown(String),
    /// Types all lines at once, and then Ctrl-D.
    Unknown,
}

/// A peer's ends of its three standard streams.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) stdin: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

/// The harness's side of a peer's standard streams.
#[derive(Debug)]
pub(super) struct Seat {
    typing: JoinHandle<()>,
    pub(super) stdout: Output,
    pub(super) stderr: Output,
    pub(super) is_terminal: bool,
}

impl Seat {
    /// Creates the user's side and the peer's side of the streams.
    pub(super) fn take(user: &User) -> io::Result<(Self, Ends)> {
        match &user.terminal {
            None => Self::at_pipes(typed_ahead(&user.lines)),
            Some(prompt) => Self::at_terminal(prompt.clone(), user.lines.clone()),
        }
    }

    fn at_pipes(typed: Vec<u8>) -> io::Result<(Self, Ends)> {
        let (stdin, typing) = io::pipe()?;
        let (reading_out, stdout) = io::pipe()?;
        let (reading_err, stderr) = io::pipe()?;
        let collect =
            |pipe: io::PipeReader| pipe::Receiver::from_owned_fd(pipe.into()).map(Output::collect);
        let seat = Self {
            typing: tokio::spawn(pour(pipe::Sender::from_owned_fd(typing.into())?, typed)),
            stdout: collect(reading_out)?,
            stderr: collect(reading_err)?,
            is_terminal: false,
        };
        let ends = Ends { stdin: stdin.into(), stdout: stdout.into(), stderr: stderr.into() };
        Ok((seat, ends))
    }

    fn at_terminal(prompt: Prompt, lines: Vec<Blob>) -> io::Result<(Self, Ends)> {
        let (near, far) = terminal::open()?;
        let keyboard = pipe::Sender::from_owned_fd_unchecked(near.try_clone()?)?;
        let stdout = Output::collect(pipe::Receiver::from_owned_fd_unchecked(near)?);
        let seat = Self {
            typing: tokio::spawn(answer_prompts(keyboard, stdout.screen(), prompt, lines)),
            stdout,
            stderr: Output::nothing(),
            is_terminal: true,
        };
        Ok((seat, Ends { stdin: far.try_clone()?, stdout: far.try_clone()?, stderr: far }))
    }

    /// The peer's whole standard output and standard error, after it has ended.
    pub(super) async fn finish(&mut self) -> (Vec<u8>, Vec<u8>) {
        let (stdout, stderr) = (self.stdout.finish().await, self.stderr.finish().await);
        if self.is_terminal { terminal::without_last_words(stdout) } else { (stdout, stderr) }
    }
}

/// The user of an abandoned case stops typing.
impl Drop for Seat {
    fn drop(&mut self) {
        self.typing.abort();
    }
}

/// Standard input: every line with its newline.
fn typed_ahead(lines: &[Blob]) -> Vec<u8> {
    lines.iter().flat_map(|line| line.0.iter().copied().chain([b'\n'])).collect()
}

async fn pour(mut pipe: pipe::Sender, typed: Vec<u8>) {
    // A program may end without reading all of its input.
    let _ = pipe.write_all(&typed).await;
}

/// Types a line at each prompt, and Ctrl-D at each prompt after the last line.
async fn answer_prompts(
    mut keyboard: pipe::Sender,
    screen: Screen,
    prompt: Prompt,
    lines: Vec<Blob>,
) {
    let Prompt::Shown(prompt) = prompt else {
        return pour(keyboard, [&typed_ahead(&lines)[..], END_OF_INPUT].concat()).await;
    };
    let mut lines = lines.into_iter();
    for asked in 1.. {
        screen.wait_until(|seen| count(seen, prompt.as_bytes()) >= asked).await;
        let typed = match lines.next() {
            Some(line) => [&line.0[..], b"\n"].concat(),
            None => END_OF_INPUT.to_vec(),
        };
        if keyboard.write_all(&typed).await.is_err() {
            return;
        }
    }
}
