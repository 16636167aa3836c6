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
         carry a message of no bytes. Instead, the client half-closes the connection.",
        &[Check::ToServer],
    ),
    Clause::must(
        "TH-2",
        "The server sends its answer as UTF-8 and nothing else. What it received does not matter. The answer \
         arrives also when the client sent more than 1024 bytes.",
        &[Check::ToClient],
    ),
    Clause::must(
        "TH-3",
        "The server prints the bytes repr of one recv(1024): b'' for a client that closes without \
         a message, the first 1024 bytes of a longer message.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "TH-4",
        "The client prints the bytes repr of the first 1024 bytes of the answer.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "TH-5",
        "The client ends with status 0 when it has its answer. It prints nothing and ends with \
         another status when the connection ends without an answer.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "TH-6",
        "The server runs until it gets a signal to end, or ends with status 0 after a client.",
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
