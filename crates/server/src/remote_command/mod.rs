//! `remote-command`: each recv(1024) is a command, its output the answer.
//!
//! Source: `python-ref/remote-command/server.py`. The answer is standard error if there is any,
//! else standard output, as there. Unlike it, this server runs only what its user has allowed
//! ([`permit`]), reads both pipes at once, so a command that fills one can't block it, and ends one
//! session, not itself, over a command that is no text.

mod permit;

use std::process::Stdio;

use anyhow::{Context, bail};
use endpoint::platform;
use frame::{Limits, encode_head};
use pyjson::Dict;
use rustix::process::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::args::RemoteCommand;
use crate::clauses::Clauses;
use crate::screen;
use crate::serving::{Connection, serve_each};
use permit::{Permit, Start};

pub(crate) async fn serve(options: RemoteCommand, clauses: Clauses) -> anyhow::Result<()> {
    let notice = match (options.allow_anything, options.allow.is_empty()) {
        (true, _) => Some("--allow-anything: whoever can connect can do all that this user can"),
        (false, true) => Some("no command will be run: see --allow and --allow-anything"),
        (false, false) => None,
    };
    let permit = if options.allow_anything {
        Permit::Anything
    } else {
        Permit::Programs(options.allow.into_iter().collect())
    };
    let (serving, max_output) = (options.serving.private(notice), options.max_output);
    let obey = move |stream| obey(stream, permit.clone(), max_output);
    serve_each(&options.listen, &serving, clauses, obey).await
}

async fn obey(mut stream: Connection, permit: Permit, max_output: u64) -> anyhow::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        let command = buffer.split_at(read).0;
        if command.is_empty() {
            return Ok(stream.shutdown().await?);
        }
        screen::print(&format!("cmd: {}", pytext::repr_bytes(command))).await?;
        let command = pytext::decode_utf8(command).context("the command is not UTF-8")?;
        let output = match permit.start(command) {
            Ok(start) => tokio::select! {
                // What it has said is answered with, whatever happens meanwhile.
                biased;
                output = run(start, max_output) => output?,
                // Nobody is left to be answered. One that has only ended its sending still is.
                error = stream.broken() => {
                    return Err(error).context("the client broke off while its command ran");
                }
            },
            // Said where the shell would say that it doesn't find a program.
            Err(refused) => {
                let said = format!("frame-server: {refused}\n").into_bytes();
                screen::print(&pytext::repr_bytes(&said)).await?;
                said
            }
        };

        let mut dict = Dict::default();
        dict.insert("data_size", output.len() as u64);
        let mut answer = encode_head(&dict, &Limits::default())?.into_bytes();
        answer.extend_from_slice(&output);
        stream.write_all(&answer).await?;
    }
}

/// Run a command as `subprocess.Popen` does, and give what it answers.
async fn run(start: Start<'_>, max_output: u64) -> anyhow::Result<Vec<u8>> {
    let mut command = command(&start);
    let child = match command.spawn() {
        Ok(child) => child,
        // A shell says so itself; without one it is said here.
        Err(error) if matches!(start, Start::Words(_)) => {
            let said = format!("frame-server: cannot run the program: {error}\n").into_bytes();
            screen::print(&pytext::repr_bytes(&said)).await?;
            return Ok(said);
        }
        Err(error) => return Err(error).context("cannot run the command"),
    };
    let mut running = Running(Some(child));
    let (err, answer) = running.read_answer(max_output).await?;
    // The answer doesn't wait for the shell: the reference takes the end of its output for the
    // end, and never asks for its status.
    running.let_go();
    screen::print(&pytext::repr_bytes(&err)).await?;
    Ok(answer.unwrap_or(err))
}

/// What Python starts: `/bin/sh -c command`, with this process's own standard input, directory and
/// environment, but for what Python makes of the C locale. And what it would start with
/// `shell=False`: the words themselves.
///
/// As Python's `restore_signals` does, this gives the command SIGPIPE back. What it can't do is
/// give back SIGXFSZ, should this process have been started with that ignored, nor hand on blocked
/// signals: std blocks none.
fn command(start: &Start<'_>) -> Command {
    let (program, arguments): (&str, Vec<&str>) = match start {
        Start::Shell(command) => ("/bin/sh", vec!["-c", command]),
        Start::Words(words) => {
            let mut words = words.iter().map(String::as_str);
            (words.next().unwrap_or_default(), words.collect())
        }
    };
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(ctype) = pytext::coerced_ctype(|name| std::env::var_os(name)) {
        command.env("LC_CTYPE", ctype);
    }
    command
}

/// A command whose answer isn't whole. Should its client lose the connection now, it is killed, with what
/// it has started where the system says what that is.
struct Running(Option<Child>);

impl Running {
    async fn read_answer(&mut self, max: u64) -> anyhow::Result<(Vec<u8>, Option<Vec<u8>>)> {
        match &mut self.0 {
            Some(child) => read_answer(child, max).await,
            None => bail!("the command has been let go"),
        }
    }

    /// The command may go on for as long as it likes.
    fn let_go(mut self) {
        reap(self.0.take());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(child) = self.0.take() else { return };
        // The number is its own: nobody has waited for it.
        if let Some(pid) = child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) {
            platform::kill_with_descendants(pid);
        }
        reap(Some(child));
    }
}

/// Wait for a command in the background, so that no zombie stays.
fn reap(child: Option<Child>) {
    if let (Some(mut child), Ok(runtime)) = (child, tokio::runtime::Handle::try_current()) {
        runtime.spawn(async move { child.wait().await });
    }
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
