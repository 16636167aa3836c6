//! The measured rows: one file per family of rows. Each row says who takes part and what a turn does.

mod codec;
mod echo;
mod iperf3;
mod small;
mod transfer;
mod usage;

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::load::Counted;
use crate::measure::Group;
use crate::process::{Output, Program};
use crate::sent_file::{DESC, NAME};
use crate::settings::{beside, in_repository};
use crate::stats::float;

/// All rows, in the order of the table.
pub(crate) fn groups() -> Vec<Group> {
    let mut groups = transfer::groups();
    groups.extend(small::groups());
    groups.extend(echo::groups());
    groups.extend(codec::groups());
    groups.push(usage::group());
    groups
}

/// A running server.
struct Server {
    program: Program,
    address: SocketAddr,
}

/// `frame-server SCENARIO` at a free port.
fn frame_server(scenario: &str) -> anyhow::Result<Command> {
    let path = beside("frame-server")?;
    let help = Command::new(&path).args([scenario, "--help"]).output()?.stdout;
    let help = String::from_utf8_lossy(&help);
    let mut command = Command::new(path);
    command.args([scenario, "--listen", "127.0.0.1:0"]);
    // The whole load comes from one address.
    for limit in ["--max-connections", "--max-per-client"] {
        if help.contains(limit) {
            command.args([limit, "4096"]);
        }
    }
    Ok(command)
}

/// `frame-server file-transfer` with this file.
fn file_server(file: &Path) -> anyhow::Result<Command> {
    let mut command = frame_server("file-transfer")?;
    command.args(["--name", NAME, "--desc", DESC]).arg(file);
    Ok(command)
}

/// `frame-client file-transfer` into this directory.
fn file_client(server: SocketAddr, directory: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(beside("frame-client")?);
    command.args(["file-transfer", "--connect", &server.to_string()]).current_dir(directory);
    Ok(command)
}

/// The reference's server with this file, for one client.
fn python_file_server(python: &Path, file: &Path) -> Command {
    let mut command = Command::new(python);
    command.arg(in_repository("python-ref/file-transfer/server.py"));
    command.args(["--host", "127.0.0.1", "--port", "0", "--name", NAME, "--desc", DESC]);
    command.arg("--file").arg(file);
    command
}

/// The reference's client, into this directory.
fn python_file_client(python: &Path, server: SocketAddr, directory: &Path) -> Command {
    let mut command = Command::new(python);
    command.arg(in_repository("python-ref/file-transfer/client.py")).current_dir(directory);
    command.args(["--host", "127.0.0.1", "--port", &server.port().to_string()]);
    command
}

/// A Python program of this crate.
fn python_program(python: &Path, name: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(in_repository("crates/bench/python").join(name));
    command
}

/// A hidden command of this program, as a separate process.
fn own_command<'a>(args: impl IntoIterator<Item = &'a OsStr>) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(args);
    Ok(command)
}

impl Server {
    /// Its address. A method of the whole server, so that a turn that uses it keeps the server alive: a
    /// closure that used only the field would capture only the field.
    const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A turn of a load: its rate, and the server's processor time in microseconds per counted item. The
    /// time to connect is included.
    fn under_load(
        &self,
        load: impl FnOnce(SocketAddr) -> anyhow::Result<Counted>,
    ) -> anyhow::Result<Vec<f64>> {
        let before = self.program.cpu_seconds()?;
        let counted = load(self.address)?;
        let used = self.program.cpu_seconds()? - before;
        Ok(vec![counted.rate, used * 1e6 / counted.count])
    }

    /// Starts a server that logs its address, and discards its standard output.
    fn that_logs(command: Command) -> anyhow::Result<Self> {
        let program = Program::start(command, Output::Dropped)?;
        let address = program.announced_address()?;
        Ok(Self { program, address })
    }

    /// Starts a server that prints its address.
    fn that_prints(command: Command) -> anyhow::Result<Self> {
        let program = Program::start(command, Output::Kept)?;
        let address = program.announced_address()?;
        Ok(Self { program, address })
    }

    /// Starts a server that does not report its address.
    fn that_is_silent(command: Command) -> anyhow::Result<Self> {
        let program = Program::start(command, Output::Dropped)?;
        let address = program.listening_address()?;
        Ok(Self { program, address })
    }
}

/// Bytes in this many seconds, as GiB/s.
fn gib_per_second(bytes: u64, seconds: f64) -> f64 {
    float(bytes) / float(1 << 30) / seconds
}
