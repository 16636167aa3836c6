//! `greeting`: whatever a client says, it is greeted.

mod errata;

use model::observation::Role;
use model::{Check, Clause};

use crate::shared::one_turn::{OneTurn, Shows};

pub(crate) static GREETING: OneTurn = OneTurn {
    name: "greeting",
    summary: "whatever a client says is answered by a greeting",
    message: "Hello, server!",
    answer: "Hello, client!",
    server_shows: Shows::Nothing,
    client_shows: Shows::BytesRepr,
    takes_turns: &[Role::Server],
    clauses: CLAUSES,
    errata: errata::ERRATA,
    about: include_str!("scenario.toml"),
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "GR-1",
        "The client sends its message as UTF-8, without a newline or a length. A stream can't \
               carry a message of no bytes: in its place the client says that it sends no more.",
        &[Check::ToServer],
    ),
    Clause::must(
        "GR-2",
        "The server waits for a first recv(1024), then sends its answer as UTF-8, whatever it \
               received, and nothing else. That a client sent more than 1024 bytes keeps no answer \
               from arriving.",
        &[Check::ToClient, Check::Turns],
    ),
    Clause::must("GR-3", "The server prints nothing.", &[Check::ServerStdout]),
    Clause::must(
        "GR-4",
        "The client prints the bytes repr of the first 1024 bytes of the answer.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "GR-5",
        "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when the connection ends without one.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "GR-6",
        "The server goes on until it is asked to end, or ends with status 0 after a client.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "GR-7",
        "The server closes the connection after its answer.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "GR-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];
