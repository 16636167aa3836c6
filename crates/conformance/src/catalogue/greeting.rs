//! `greeting`: whatever a client says, it is greeted.

use super::one_turn::{OneTurn, Shows};
use super::{Check, Clause, Level};

pub(super) static GREETING: OneTurn = OneTurn {
    name: "greeting",
    summary: "whatever a client says is answered by a greeting",
    message: "Hello, server!",
    answer: "Hello, client!",
    server_shows: Shows::Nothing,
    client_shows: Shows::BytesRepr,
    clauses: CLAUSES,
    errata: super::errata::one_turn::GREETING,
};

const CLAUSES: &[Clause] = &[
    Clause {
        id: "GR-1",
        level: Level::Must,
        text: "The client sends its message as UTF-8, without a newline or a length. A stream can't \
               carry a message of no bytes: in its place the client says that it sends no more.",
        checks: &[Check::ToServer],
    },
    Clause {
        id: "GR-2",
        level: Level::Must,
        text: "The server waits for a first recv(1024), then sends its answer as UTF-8, whatever it \
               received, and nothing else. That a client sent more than 1024 bytes keeps no answer \
               from arriving.",
        checks: &[Check::ToClient],
    },
    Clause {
        id: "GR-3",
        level: Level::Must,
        text: "The server prints nothing.",
        checks: &[Check::ServerStdout],
    },
    Clause {
        id: "GR-4",
        level: Level::Must,
        text: "The client prints the bytes repr of the first 1024 bytes of the answer.",
        checks: &[Check::ClientStdout],
    },
    Clause {
        id: "GR-5",
        level: Level::Must,
        text: "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when the connection ends without one.",
        checks: &[Check::ClientExit],
    },
    Clause {
        id: "GR-6",
        level: Level::Must,
        text: "The server goes on until it is asked to end, or ends with status 0 after a client.",
        checks: &[Check::ServerExit],
    },
    Clause {
        id: "GR-7",
        level: Level::Must,
        text: "The server closes the connection after its answer.",
        checks: &[Check::ServerCloses],
    },
    Clause {
        id: "GR-8",
        level: Level::Must,
        text: "Neither program writes files.",
        checks: &[Check::ClientFiles, Check::ServerFiles],
    },
];
