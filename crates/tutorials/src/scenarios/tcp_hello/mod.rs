//! `tcp-hello`: a message and its answer, both shown as bytes.

mod errata;

use model::{Check, Clause};

use crate::shared::one_turn::{OneTurn, Shows};

pub(crate) static TCP_HELLO: OneTurn = OneTurn {
    name: "tcp-hello",
    summary: "a message and its answer over a stream, both shown as bytes",
    message: "hello!",
    answer: "hi",
    server_shows: Shows::BytesRepr,
    client_shows: Shows::BytesRepr,
    takes_turns: &[],
    clauses: CLAUSES,
    errata: errata::ERRATA,
    about: include_str!("scenario.toml"),
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TH-1",
        "The client sends its message as UTF-8, without a newline or a length. A stream can't \
               carry a message of no bytes: in its place the client says that it sends no more.",
        &[Check::ToServer],
    ),
    Clause::must(
        "TH-2",
        "The server sends its answer as UTF-8, whatever it received, and nothing else. That a \
               client sent more than 1024 bytes keeps no answer from arriving.",
        &[Check::ToClient],
    ),
    Clause::must(
        "TH-3",
        "The server prints the bytes repr of one recv(1024): b'' for a client that says \
               nothing and closes, the first 1024 bytes of a longer message.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "TH-4",
        "The client prints the bytes repr of the first 1024 bytes of the answer.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "TH-5",
        "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when the connection ends without one.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "TH-6",
        "The server goes on until it is asked to end, or ends with status 0 after a client.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "TH-7",
        "The server closes the connection after its answer.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "TH-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];
