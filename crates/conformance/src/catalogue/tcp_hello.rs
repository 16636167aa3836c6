//! `tcp-hello`: a message and its answer, both shown as bytes.

use super::one_turn::{OneTurn, Shows};
use super::{Check, Clause, Level};

pub(super) static TCP_HELLO: OneTurn = OneTurn {
    name: "tcp-hello",
    summary: "a message and its answer over a stream, both shown as bytes",
    message: "hello!",
    answer: "hi",
    server_shows: Shows::BytesRepr,
    client_shows: Shows::BytesRepr,
    clauses: CLAUSES,
    errata: super::errata::one_turn::TCP_HELLO,
};

const CLAUSES: &[Clause] = &[
    Clause {
        id: "TH-1",
        level: Level::Must,
        text: "The client sends its message as UTF-8, without a newline or a length. A stream can't \
               carry a message of no bytes: in its place the client says that it sends no more.",
        checks: &[Check::ToServer],
    },
    Clause {
        id: "TH-2",
        level: Level::Must,
        text: "The server sends its answer as UTF-8, whatever it received, and nothing else. That a \
               client sent more than 1024 bytes keeps no answer from arriving.",
        checks: &[Check::ToClient],
    },
    Clause {
        id: "TH-3",
        level: Level::Must,
        text: "The server prints the bytes repr of one recv(1024): b'' for a client that says \
               nothing and closes, the first 1024 bytes of a longer message.",
        checks: &[Check::ServerStdout],
    },
    Clause {
        id: "TH-4",
        level: Level::Must,
        text: "The client prints the bytes repr of the first 1024 bytes of the answer.",
        checks: &[Check::ClientStdout],
    },
    Clause {
        id: "TH-5",
        level: Level::Must,
        text: "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when the connection ends without one.",
        checks: &[Check::ClientExit],
    },
    Clause {
        id: "TH-6",
        level: Level::Must,
        text: "The server goes on until it is asked to end, or ends with status 0 after a client.",
        checks: &[Check::ServerExit],
    },
    Clause {
        id: "TH-7",
        level: Level::Must,
        text: "The server closes the connection after its answer.",
        checks: &[Check::ServerCloses],
    },
    Clause {
        id: "TH-8",
        level: Level::Must,
        text: "Neither program writes files.",
        checks: &[Check::ClientFiles, Check::ServerFiles],
    },
];
