//! The tested server, as a separate process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use framecheck_tests::Sandbox;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;

use crate::clients::{FILE_BYTES, Kind, file_byte};

/// How long it may take to start, and to end once all clients have left.
const PATIENCE: Duration = Duration::from_secs(30);

/// `frame-server`; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: JoinHandle<Vec<String>>,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) async fn start(sandbox: &Sandbox, kind: Kind) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?.with_file_name("frame-server");
        let mut command = Command::new(&program);
        command.args(["--log-format=human", &kind.to_string(), "--listen=127.0.0.1:0"]);
        command.args(["--max-connections=0", "--max-per-client=0"]);
        if kind == Kind::File {
            let content: Vec<u8> = (0..FILE_BYTES).map(file_byte).collect();
            sandbox.write("source", content);
            command.arg("source");
        }
        command.current_dir(sandbox.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::piped()).kill_on_drop(true).env_remove("FRAME_LOG");
        let mut child =
            command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let stderr = child.stderr.take().context("frame-server has no standard error")?;
        let mut log = BufReader::new(stderr).lines();
        let line = tokio::time::timeout(PATIENCE, log.next_line()).await??.unwrap_or_default();
        let (_, address) = line.split_once("listening on ").with_context(|| line.clone())?;
        let address = address.parse()?;
        let log = tokio::spawn(read_all(log));
        Ok(Self { child, log, address })
    }

    fn pid(&self) -> anyhow::Result<Pid> {
        let pid = self.child.id().context("frame-server has ended")?;
        Pid::from_raw(i32::try_from(pid)?).context("no process has this number")
    }

    /// `VmRSS` of proc_pid_status(5).
    pub(crate) fn resident_bytes(&self) -> anyhow::Result<i64> {
        let path = Path::new("/proc").join(self.pid()?.to_string()).join("status");
        let status = std::fs::read_to_string(path)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(kibibytes.parse::<i64>()? * 1024)
    }

    /// Asks it to end. It must end with status 0, without having cut a session short.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        kill_process(self.pid()?, Signal::TERM)?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = status.context("frame-server doesn't end")??;
        ensure!(status.success(), "frame-server ended with {status}");
        let log = self.log.await?;
        let cut = log.iter().find(|line| line.contains("] closed: ") || line.contains("lost"));
        ensure!(cut.is_none(), "frame-server says: {cut:?}");
        Ok(())
    }
}

async fn read_all(mut log: Lines<BufReader<ChildStderr>>) -> Vec<String> {
    let mut lines = Vec::new();
    while let Ok(Some(line)) = log.next_line().await {
        lines.push(line);
    }
    lines
}

/// Raises the limit of descriptors for this process, and for the server, as far as the
/// system allows.
pub(crate) fn raise_descriptor_limit() -> anyhow::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .context("cannot raise the limit of descriptors")
}
