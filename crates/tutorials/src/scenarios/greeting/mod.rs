//! `greeting`: the server answers every client with a greeting.

mod errata;

use model::observation::Role;
use model::{Check, Clause};

use crate::shared::one_turn::{OneTurn, Shows};

pub(crate) static GREETING: OneTurn = OneTurn {
    name: "greeting",
    summary: "the server answers every message with a greeting",
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
         carry a message of no bytes. Instead, the client half-closes the connection.",
        &[Check::ToServer],
    ),
    Clause::must(
        "GR-2",
        "The server waits for a first recv(1024). Then it sends its answer as UTF-8 and nothing \
         else. What it received does not matter. The answer arrives also when the client sent more than 1024 \
         bytes.",
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
        "The client ends with status 0 when it has its answer. It prints nothing and ends with \
         another status when the connection ends without an answer.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "GR-6",
        "The server runs until it gets a signal to end, or ends with status 0 after a client.",
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
