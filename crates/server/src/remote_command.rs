//! `remote-command`: each recv(1024) is a command for /bin/sh, its output the answer.
//!
//! Source: `python-ref/remote-command/server.py`. The answer is standard error if there is any,
//! else standard output, as there. Unlike it, this server reads both pipes at once, so a command
//! that fills one can't block it, and a command that is no text ends one session, not the server.

use std::process::Stdio;

use anyhow::{Context, bail};
use endpoint::Stream;
use frame::{Limits, encode_head};
use pyjson::Dict;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::accept::serve_each;
use crate::args::{Clauses, RemoteCommand};
use crate::screen;

pub(crate) async fn serve(options: RemoteCommand, clauses: Clauses) -> anyhow::Result<()> {
    let max_output = options.max_output;
    serve_each(&options.listen, clauses, move |stream| obey(stream, max_output)).await
}

async fn obey(mut stream: Stream, max_output: u64) -> anyhow::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        let command = buffer.split_at(read).0;
        if command.is_empty() {
            return Ok(stream.shutdown().await?);
        }
        screen::print(&format!("cmd: {}", pytext::repr_bytes(command))).await?;
        let command = pytext::decode_utf8(command).context("the command is not UTF-8")?;
        let output = run(command, max_output).await?;

        let mut dict = Dict::default();
        dict.insert("data_size", output.len() as u64);
        let mut answer = encode_head(&dict, &Limits::default())?.to_bytes();
        answer.extend_from_slice(&output);
        stream.write_all(&answer).await?;
    }
}

/// Run `command` as `subprocess.Popen(command, shell=True)` does, and give what it answers.
async fn run(command: &str, max_output: u64) -> anyhow::Result<Vec<u8>> {
    let mut child = shell(command).spawn().context("cannot run the command")?;
    let answer = read_answer(&mut child, max_output).await;
    if answer.is_err() {
        child.start_kill()?;
    }
    // The answer doesn't wait for the shell: the reference takes the end of its output for the
    // end, and never asks for its status.
    tokio::spawn(async move { child.wait().await });
    let (err, answer) = answer?;
    screen::print(&pytext::repr_bytes(&err)).await?;
    Ok(answer.unwrap_or(err))
}

/// What Python starts: `/bin/sh -c command`, with this process's own standard input, directory and
/// environment, but for what Python makes of the C locale.
///
/// As Python's `restore_signals` does, this gives the command SIGPIPE back. What it can't do is
/// give back SIGXFSZ, should this process have been started with that ignored, nor hand on blocked
/// signals: std blocks none.
fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(ctype) = pytext::coerced_ctype(|name| std::env::var_os(name)) {
        shell.env("LC_CTYPE", ctype);
    }
    shell
}

/// All of standard error, and all of standard output if standard error was empty.
async fn read_answer(child: &mut Child, max: u64) -> anyhow::Result<(Vec<u8>, Option<Vec<u8>>)> {
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        bail!("the command has no pipes");
    };
    let mut reading_out = Box::pin(read_all(stdout, max));
    let mut reading_err = Box::pin(read_all(stderr, max));
    let (mut out, mut err) = (None, None);
    loop {
        tokio::select! {
            read = &mut reading_out, if out.is_none() => out = Some(read?),
            read = &mut reading_err, if err.is_none() => err = Some(read?),
        }
        match (&err, out.is_some()) {
            (Some(text), _) if !text.is_empty() => return Ok((err.unwrap_or_default(), None)),
            (Some(_), true) => return Ok((Vec::new(), out)),
            _ => {}
        }
    }
}

async fn read_all(pipe: impl AsyncRead + Unpin, max: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(max.saturating_add(1)).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > max {
        bail!("the command's output is over the limit of {max} bytes");
    }
    Ok(bytes)
}
