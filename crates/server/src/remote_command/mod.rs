//! `remote-command`: each recv(1024) is a command, and its output is the answer.
//!
//! Source: `python-ref/remote-command/server.py`. As there, the answer is standard error if there is any,
//! else standard output. Unlike it, this server runs only what its user has allowed ([`permit`]). It
//! reads both pipes at once, so a full pipe can't block a command. A command that is not UTF-8 ends one
//! session, not the server.

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
        (true, _) => Some("--allow-anything: every client can do everything that this user can"),
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
                // A command that has ended gets its answer sent, even if something happens to the client
                // meanwhile.
                biased;
                output = run(start, max_output) => output?,
                // Only a client that is completely gone stops the command. A client that has only
                // half-closed still gets its answer.
                error = stream.broken() => {
                    return Err(error).context("the client broke off while its command ran");
                }
            },
            // The refusal is the answer, like a shell's message about a program that it does not find.
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

/// Runs a command as `subprocess.Popen` does, and returns its answer.
async fn run(start: Start<'_>, max_output: u64) -> anyhow::Result<Vec<u8>> {
    let mut command = command(&start);
    let child = match command.spawn() {
        Ok(child) => child,
        // A shell reports this itself; without a shell, the server does.
        Err(error) if matches!(start, Start::Words(_)) => {
            let said = format!("frame-server: cannot run the program: {error}\n").into_bytes();
            screen::print(&pytext::repr_bytes(&said)).await?;
            return Ok(said);
        }
        Err(error) => return Err(error).context("cannot run the command"),
    };
    let mut running = Running(Some(child));
    let (err, answer) = running.read_answer(max_output).await?;
    // The answer does not wait for the shell's exit: like the reference, the server takes the end of the
    // output as the end.
    running.let_go();
    screen::print(&pytext::repr_bytes(&err)).await?;
    Ok(answer.unwrap_or(err))
}

/// What Python starts: `/bin/sh -c command`, with this process's own standard input, directory and
/// environment, except for Python's changes in the C locale. Or what Python would start with
/// `shell=False`: the words themselves.
///
/// This restores SIGPIPE for the command, as Python's `restore_signals` does. It does not restore SIGXFSZ
/// if this process inherited it ignored, and does not pass on blocked signals: std unblocks all.
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

/// A command whose answer is not complete. If its client loses the connection now, the server kills the
/// command, and its descendants if the system can list them.
struct Running(Option<Child>);

impl Running {
    async fn read_answer(&mut self, max: u64) -> anyhow::Result<(Vec<u8>, Option<Vec<u8>>)> {
        match &mut self.0 {
            Some(child) => read_answer(child, max).await,
            None => bail!("the command was already released"),
        }
    }

    /// The command may run for as long as it likes.
    fn let_go(mut self) {
        reap(self.0.take());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(child) = self.0.take() else { return };
        // The process id still belongs to this command, because nothing has waited for it yet.
        if let Some(pid) = child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) {
            platform::kill_with_descendants(pid);
        }
        reap(Some(child));
    }
}

/// Waits for a command in the background, so that no zombie remains.
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
