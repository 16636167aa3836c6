//! A big file from a server to a receiver that drops it, and to a receiver that writes it to a disk. The
//! sent file is in the page cache.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rustix::fs::syncfs;

use super::{
    Server, file_client, file_server, gib_per_second, iperf3, own_command, python_file_client,
    python_file_server,
};
use crate::load::{receive_and_drop, receive_and_write};
use crate::measure::{Contender, Group, Quantity};
use crate::process::{Output, Program};
use crate::sent_file::NAME;
use crate::settings::{Settings, shown};
use crate::stats::Better;

const PATIENCE: Duration = Duration::from_secs(120);
/// The block size of the plain write.
const WRITE_BYTES: usize = 1 << 20;

const AGAINST_IPERF3: f64 = 0.9;
const AGAINST_A_WRITE: f64 = 0.9;
const AGAINST_PYTHON: f64 = 15.0;

pub(super) fn groups() -> Vec<Group> {
    let quantity = |name| Quantity { name, unit: "GiB/s", better: Better::Higher };
    vec![
        Group { quantities: vec![quantity("transfer to a sink")], prepare: to_a_sink },
        Group { quantities: vec![quantity("transfer to a file")], prepare: to_a_file },
    ]
}

fn to_a_sink(settings: &Settings) -> anyhow::Result<Vec<Contender<'_>>> {
    let size = settings.big;
    let server = Server::that_logs(file_server(&settings.file(size)?)?)?;
    let own = Contender::new(format!("frame-server, {}", shown(size)), None, move || {
        Ok(gib_per_second(size, receive_and_drop(server.address(), size)?))
    });

    let copy = own_command([OsStr::new("copy-file"), settings.file(size)?.as_os_str()])?;
    let copy = Server::that_prints(copy)?;
    let name = format!("a bare server that copies, {}", shown(size));
    let copy = Contender::new(name, None, move || {
        Ok(gib_per_second(size, receive_and_drop(copy.address(), size)?))
    });

    let name = format!("iperf3 -Z, {}", shown(size));
    let iperf = match &settings.iperf3 {
        Some(path) => Contender::new(name, Some(AGAINST_IPERF3), move || {
            Ok(iperf3::run(path, size)?.gib_per_second)
        }),
        None => Contender::not_installed(name, vec![Some(AGAINST_IPERF3)]),
    };

    let size = settings.for_python;
    let name = format!("Python's server, {}", shown(size));
    let python = match &settings.python {
        Some(python) => {
            let file = settings.file(size)?;
            Contender::new(name, Some(AGAINST_PYTHON), move || {
                let server = Server::that_is_silent(python_file_server(python, &file))?;
                let seconds = receive_and_drop(server.address(), size)?;
                server.program.finish(PATIENCE)?;
                Ok(gib_per_second(size, seconds))
            })
        }
        None => Contender::not_installed(name, vec![Some(AGAINST_PYTHON)]),
    };
    Ok(vec![own, copy, iperf, python])
}

fn to_a_file(settings: &Settings) -> anyhow::Result<Vec<Contender<'_>>> {
    let size = settings.big;
    let directory = settings.receiving()?;
    let server = Server::that_logs(file_server(&settings.file(size)?)?)?;
    let to = directory.clone();
    let own =
        Contender::new(format!("frame-server, frame-client, {}", shown(size)), None, move || {
            let start = Instant::now();
            let client = Program::start(file_client(server.address(), &to)?, Output::Dropped)?;
            client.finish(PATIENCE)?;
            let seconds = start.elapsed().as_secs_f64();
            check_and_remove(&to, size)?;
            Ok(gib_per_second(size, seconds))
        });

    let server = Server::that_logs(file_server(&settings.file(size)?)?)?;
    let to = directory.clone();
    let name = format!("frame-server, a bare client that copies, {}", shown(size));
    let copy = Contender::new(name, None, move || {
        let seconds = receive_and_write(server.address(), size, &to.join(NAME))?;
        check_and_remove(&to, size)?;
        Ok(gib_per_second(size, seconds))
    });

    let to = directory.clone();
    let name = format!("a plain write, {}", shown(size));
    let plain = Contender::new(name, Some(AGAINST_A_WRITE), move || {
        let seconds = write(&to.join(NAME), size)?;
        check_and_remove(&to, size)?;
        Ok(gib_per_second(size, seconds))
    });

    let size = settings.for_python;
    let name = format!("Python's server and client, {}", shown(size));
    let python = match &settings.python {
        Some(python) => {
            let file = settings.file(size)?;
            Contender::new(name, Some(AGAINST_PYTHON), move || {
                let server = Server::that_is_silent(python_file_server(python, &file))?;
                let start = Instant::now();
                let client = python_file_client(python, server.address(), &directory);
                Program::start(client, Output::Dropped)?.finish(PATIENCE)?;
                let seconds = start.elapsed().as_secs_f64();
                server.program.finish(PATIENCE)?;
                check_and_remove(&directory, size)?;
                Ok(gib_per_second(size, seconds))
            })
        }
        None => Contender::not_installed(name, vec![Some(AGAINST_PYTHON)]),
    };
    Ok(vec![own, copy, plain, python])
}

/// Checks the size of the received file. Then removes it, and waits until the disk is idle: otherwise
/// the next turn would wait for the earlier turn's writes and discards.
pub(super) fn check_and_remove(directory: &Path, size: u64) -> anyhow::Result<()> {
    let path = directory.join(NAME);
    let found = path.metadata().context("expected a received file")?.len();
    ensure!(found == size, "expected a file of {size} bytes, found {found}");
    std::fs::remove_file(path)?;
    Ok(syncfs(File::open(directory)?)?)
}

/// Writes a new file as fast as a loop can; returns seconds.
fn write(path: &Path, size: u64) -> anyhow::Result<f64> {
    let block = vec![0x5a; WRITE_BYTES];
    let start = Instant::now();
    let mut file = File::create_new(path)?;
    let mut left = size;
    while left > 0 {
        let len = usize::try_from(left).map_or(WRITE_BYTES, |left| left.min(WRITE_BYTES));
        let (part, _) = block.split_at(len);
        file.write_all(part)?;
        left -= len as u64;
    }
    drop(file);
    Ok(start.elapsed().as_secs_f64())
}
