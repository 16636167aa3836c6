//! Short messages to and fro over connections that stay: what a message costs, one at a time and with
//! many clients. Each server's screen is `/dev/null`; the reference prints each message, and so do
//! `frame-server` and Python's. The bare server prints nothing.

use std::ffi::OsStr;

use super::{Server, frame_server, own_command, python_program};
use crate::load::ping_pong;
use crate::measure::{Contender, Group, Quantity};
use crate::settings::Settings;
use crate::stats::Better;

const AGAINST_BARE: f64 = 0.95;
const AGAINST_PYTHON: f64 = 10.0;

pub(super) fn groups() -> Vec<Group> {
    let quantity = |name| vec![Quantity { name, unit: "messages/s", better: Better::Higher }];
    vec![
        Group {
            quantities: quantity("echo, 1 connection"),
            prepare: |settings| prepare(settings, 1),
        },
        Group {
            quantities: quantity("echo, 64 connections"),
            prepare: |settings| prepare(settings, 64),
        },
        Group {
            quantities: quantity("echo, 1000 connections"),
            prepare: |settings| prepare(settings, 1000),
        },
    ]
}

fn prepare(settings: &Settings, connections: usize) -> anyhow::Result<Vec<Contender<'_>>> {
    let turn = settings.turn;
    let own = Server::that_logs(frame_server("tcp-upper")?)?;
    let own =
        Contender::new("frame-server", None, move || ping_pong(own.address(), connections, turn));

    let bare = Server::that_prints(own_command([OsStr::new("serve-echo")])?)?;
    let bare = Contender::new("a bare tokio server", Some(AGAINST_BARE), move || {
        ping_pong(bare.address(), connections, turn)
    });

    let name = "Python's ThreadingTCPServer";
    let python = match &settings.python {
        Some(python) => {
            let server = Server::that_is_silent(python_program(python, "echo.py"))?;
            Contender::new(name, Some(AGAINST_PYTHON), move || {
                ping_pong(server.address(), connections, turn)
            })
        }
        None => Contender::not_installed(name, vec![Some(AGAINST_PYTHON)]),
    };
    Ok(vec![own, bare, python])
}
