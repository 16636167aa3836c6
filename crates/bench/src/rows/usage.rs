//! What a transfer to a file costs on either side: processor time per GiB, and peak memory, which should
//! not depend on the file's size. Each turn starts new processes and measures their whole life.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::transfer::check_and_remove;
use super::{file_client, file_server, iperf3, python_file_client, python_file_server};
use crate::measure::{Contender, Group, Quantity, Turn};
use crate::measured::Usage;
use crate::process::{Output, Program};
use crate::settings::{Settings, shown};
use crate::stats::{Better, float};

const PATIENCE: Duration = Duration::from_secs(120);
/// A small file's peak divided by a big file's.
const CONSTANT: f64 = 0.9;

pub(super) fn group() -> Group {
    let quantity = |name, unit| Quantity { name, unit, better: Better::Lower };
    Group {
        quantities: vec![
            quantity("processor time of the sender", "s/GiB"),
            quantity("processor time of the receiver", "s/GiB"),
            quantity("peak memory of the sender", "MiB"),
            quantity("peak memory of the receiver", "MiB"),
        ],
        prepare,
    }
}

fn prepare(settings: &Settings) -> anyhow::Result<Vec<Contender<'_>>> {
    let directory = settings.receiving()?;
    let own = |size, targets| -> anyhow::Result<Contender<'_>> {
        let (file, directory) = (settings.file(size)?, directory.clone());
        let turn: Turn<'_> = Box::new(move || of_ours(&file, &directory, size));
        let name = format!("frame-server, frame-client, {}", shown(size));
        Ok(Contender { name, targets, turn: Some(turn) })
    };
    let no_target = || vec![None; 4];
    let big = own(settings.big, no_target())?;
    let middle = own(settings.middle, vec![None, None, Some(CONSTANT), Some(CONSTANT)])?;

    let size = settings.big;
    let name = format!("iperf3 -Z, which drops it, {}", shown(size));
    let iperf = match &settings.iperf3 {
        Some(iperf3) => {
            let turn: Turn<'_> = Box::new(move || {
                let used = iperf3::run_measured(iperf3, size)?;
                Ok(figures(used.sender, used.receiver, size))
            });
            Contender { name, targets: no_target(), turn: Some(turn) }
        }
        None => Contender::not_installed(name, no_target()),
    };

    let size = settings.middle;
    let name = format!("Python's server and client, {}", shown(size));
    let python = match &settings.python {
        Some(python) => {
            let file = settings.file(size)?;
            let turn: Turn<'_> = Box::new(move || of_pythons(python, &file, &directory, size));
            Contender { name, targets: no_target(), turn: Some(turn) }
        }
        None => Contender::not_installed(name, no_target()),
    };
    Ok(vec![big, middle, iperf, python])
}

fn of_ours(file: &Path, directory: &Path, size: u64) -> anyhow::Result<Vec<f64>> {
    let server = Program::start_measured(&file_server(file)?, Output::Dropped)?;
    let client = file_client(server.announced_address()?, directory)?;
    let client = Program::start_measured(&client, Output::Dropped)?.finish(PATIENCE)?;
    let server = server.terminate()?;
    check_and_remove(directory, size)?;
    both(server.usage, client.usage, size)
}

fn of_pythons(python: &Path, file: &Path, directory: &Path, size: u64) -> anyhow::Result<Vec<f64>> {
    let server = Program::start_measured(&python_file_server(python, file), Output::Dropped)?;
    let client = python_file_client(python, server.listening_address()?, directory);
    let client = Program::start_measured(&client, Output::Dropped)?.finish(PATIENCE)?;
    let server = server.finish(PATIENCE)?;
    check_and_remove(directory, size)?;
    both(server.usage, client.usage, size)
}

fn both(sender: Option<Usage>, receiver: Option<Usage>, size: u64) -> anyhow::Result<Vec<f64>> {
    let (sender, receiver) = sender.zip(receiver).context("expected what they used")?;
    Ok(figures(sender, receiver, size))
}

/// In the order of the group's quantities.
fn figures(sender: Usage, receiver: Usage, size: u64) -> Vec<f64> {
    let gib = float(size) / float(1 << 30);
    let mib = |bytes: u64| float(bytes) / float(1 << 20);
    vec![
        sender.cpu_seconds / gib,
        receiver.cpu_seconds / gib,
        mib(sender.peak_bytes),
        mib(receiver.peak_bytes),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_by_the_gib_and_in_mib() {
        let sender = Usage { cpu_seconds: 0.5, peak_bytes: 3 << 20 };
        let receiver = Usage { cpu_seconds: 1.0, peak_bytes: 5 << 20 };
        assert_eq!(figures(sender, receiver, 1 << 29), [1.0, 2.0, 3.0, 5.0]);
        assert_eq!(figures(sender, receiver, 1 << 29).len(), group().quantities.len());
    }
}
