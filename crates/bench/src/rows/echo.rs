//! Short messages that are echoed over lasting connections: the cost of a message, with one client
//! and with many. Each server's standard output is `/dev/null`. The reference, `frame-server` and
//! Python's server print each message; the bare server prints nothing.

use std::ffi::OsStr;

use super::{Server, frame_server, own_command, python_program};
use crate::load::ping_pong;
use crate::measure::{Contender, Group, Quantity};
use crate::settings::Settings;
use crate::stats::Better;

const AGAINST_BARE: f64 = 0.95;
const AGAINST_PYTHON: f64 = 10.0;

pub(super) fn groups() -> Vec<Group> {
    let quantities = |rate, cost| {
        vec![
            Quantity { name: rate, unit: "messages/s", better: Better::Higher },
            Quantity { name: cost, unit: "µs each", better: Better::Lower },
        ]
    };
    vec![
        Group {
            quantities: quantities(
                "echo, 1 connection",
                "echo, 1 connection: processor time of the server",
            ),
            prepare: |settings| prepare(settings, 1),
        },
        Group {
            quantities: quantities(
                "echo, 64 connections",
                "echo, 64 connections: processor time of the server",
            ),
            prepare: |settings| prepare(settings, 64),
        },
        Group {
            quantities: quantities(
                "echo, 1000 connections",
                "echo, 1000 connections: processor time of the server",
            ),
            prepare: |settings| prepare(settings, 1000),
        },
    ]
}

fn prepare(settings: &Settings, connections: usize) -> anyhow::Result<Vec<Contender<'_>>> {
    let turn = settings.turn;
    let own = Server::that_logs(frame_server("tcp-upper")?)?;
    let own = Contender::of_many("frame-server", vec![None, None], move || {
        own.under_load(|server| ping_pong(server, connections, turn))
    });

    let bare = Server::that_prints(own_command([OsStr::new("serve-echo")])?)?;
    let bare =
        Contender::of_many("a bare tokio server", vec![Some(AGAINST_BARE), None], move || {
            bare.under_load(|server| ping_pong(server, connections, turn))
        });

    let name = "Python's ThreadingTCPServer";
    let python = match &settings.python {
        Some(python) => {
            let server = Server::that_is_silent(python_program(python, "echo.py"))?;
            Contender::of_many(name, vec![Some(AGAINST_PYTHON), None], move || {
                server.under_load(|server| ping_pong(server, connections, turn))
            })
        }
        None => Contender::not_installed(name, vec![Some(AGAINST_PYTHON), None]),
    };
    Ok(vec![own, bare, python])
}
