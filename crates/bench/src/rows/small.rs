//! Many fetches of a small file, each over a new connection: the cost of accept, open and close.

use std::ffi::OsStr;

use super::{Server, file_server, own_command, python_program};
use crate::load::fetch;
use crate::measure::{Contender, Group, Quantity};
use crate::sent_file::{DESC, NAME, head};
use crate::settings::Settings;
use crate::stats::Better;

const FILE_BYTES: u64 = 1 << 10;
const AGAINST_BARE: f64 = 0.95;
const AGAINST_PYTHON: f64 = 10.0;

pub(super) fn groups() -> Vec<Group> {
    let quantities = |rate, cost| {
        vec![
            Quantity { name: rate, unit: "fetches/s", better: Better::Higher },
            Quantity { name: cost, unit: "µs each", better: Better::Lower },
        ]
    };
    vec![
        Group {
            quantities: quantities(
                "small files, 16 clients",
                "small files, 16 clients: processor time of the server",
            ),
            prepare: |settings| prepare(settings, 16),
        },
        Group {
            quantities: quantities(
                "small files, 64 clients",
                "small files, 64 clients: processor time of the server",
            ),
            prepare: |settings| prepare(settings, 64),
        },
    ]
}

fn prepare(settings: &Settings, clients: usize) -> anyhow::Result<Vec<Contender<'_>>> {
    let file = settings.file(FILE_BYTES)?;
    let mut wire = head(FILE_BYTES)?;
    wire.extend(std::fs::read(&file)?);
    let len = wire.len();
    let turn = settings.turn;

    let own = Server::that_logs(file_server(&file)?)?;
    let own = Contender::of_many("frame-server", vec![None, None], move || {
        own.under_load(|server| fetch(server, len, clients, turn))
    });

    let whole = settings.scratch.join("on-the-wire");
    std::fs::write(&whole, &wire)?;
    let bare = own_command([OsStr::new("serve-bytes"), whole.as_os_str()])?;
    let bare = Server::that_prints(bare)?;
    let bare =
        Contender::of_many("a bare tokio server", vec![Some(AGAINST_BARE), None], move || {
            bare.under_load(|server| fetch(server, len, clients, turn))
        });

    let name = "Python's calls in a loop";
    let python = match &settings.python {
        Some(python) => {
            let mut command = python_program(python, "serve_file.py");
            command.args(["--name", NAME, "--desc", DESC]).arg("--file").arg(&file);
            let server = Server::that_is_silent(command)?;
            Contender::of_many(name, vec![Some(AGAINST_PYTHON), None], move || {
                server.under_load(|server| fetch(server, len, clients, turn))
            })
        }
        None => Contender::not_installed(name, vec![Some(AGAINST_PYTHON), None]),
    };
    Ok(vec![own, bare, python])
}
