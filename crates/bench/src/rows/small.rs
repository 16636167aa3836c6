//! Many fetches of a small file, each over a connection of its own: what accepting, opening and closing
//! cost.

use std::ffi::OsStr;

use super::{DESC, NAME, Server, file_server, own_command, python_program};
use crate::load::fetch;
use crate::measure::{Contender, Group, Quantity};
use crate::settings::Settings;
use crate::stats::Better;

const FILE_BYTES: u64 = 1 << 10;
const AGAINST_BARE: f64 = 0.95;
const AGAINST_PYTHON: f64 = 10.0;

pub(super) fn groups() -> Vec<Group> {
    let quantity = |name| vec![Quantity { name, unit: "fetches/s", better: Better::Higher }];
    vec![
        Group {
            quantities: quantity("small files, 16 clients"),
            prepare: |settings| prepare(settings, 16),
        },
        Group {
            quantities: quantity("small files, 64 clients"),
            prepare: |settings| prepare(settings, 64),
        },
    ]
}

fn prepare(settings: &Settings, clients: usize) -> anyhow::Result<Vec<Contender<'_>>> {
    let file = settings.file(FILE_BYTES)?;
    let mut wire = head()?;
    wire.extend(std::fs::read(&file)?);
    let len = wire.len();
    let turn = settings.turn;

    let own = Server::that_logs(file_server(&file)?)?;
    let own =
        Contender::new("frame-server", None, move || fetch(own.address(), len, clients, turn));

    let whole = settings.scratch.join("on-the-wire");
    std::fs::write(&whole, &wire)?;
    let bare = own_command([OsStr::new("serve-bytes"), whole.as_os_str()])?;
    let bare = Server::that_prints(bare)?;
    let bare = Contender::new("a bare tokio server", Some(AGAINST_BARE), move || {
        fetch(bare.address(), len, clients, turn)
    });

    let name = "Python's calls in a loop";
    let python = match &settings.python {
        Some(python) => {
            let mut command = python_program(python, "serve_file.py");
            command.args(["--name", NAME, "--desc", DESC]).arg("--file").arg(&file);
            let server = Server::that_is_silent(command)?;
            Contender::new(name, Some(AGAINST_PYTHON), move || {
                fetch(server.address(), len, clients, turn)
            })
        }
        None => Contender::not_installed(name, vec![Some(AGAINST_PYTHON)]),
    };
    Ok(vec![own, bare, python])
}

/// What comes before the file's bytes.
fn head() -> anyhow::Result<Vec<u8>> {
    let mut dict = pyjson::Dict::default();
    dict.insert("file_name", NAME);
    dict.insert("file_desc", DESC);
    dict.insert("file_size", FILE_BYTES);
    Ok(frame::encode_head(&dict, &frame::Limits::default())?.to_bytes())
}
