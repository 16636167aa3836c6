//! The clauses of `line-upper` and of `line-upper-serial`.

use crate::catalogue::{Check, Clause, Level};

pub(super) const CONCURRENT: &[Clause] = &[
    Clause {
        id: "LU-1",
        level: Level::Must,
        text: "The client sends its line as UTF-8 and a newline, and nothing else.",
        checks: &[Check::ToServer],
    },
    Clause {
        id: "LU-2",
        level: Level::Must,
        text: "The server answers with the first 1024 bytes it receives, stripped as bytes.strip() \
               does, a to z as A to Z, and nothing else. That a client sent more keeps no answer \
               from arriving.",
        checks: &[Check::ToClient],
    },
    Clause {
        id: "LU-3",
        level: Level::Must,
        text: "The server prints for each client its host and ' wrote:', then on a line of its own \
               the bytes repr of what it stripped. What it prints for clients that it serves at the \
               same time may be mixed.",
        checks: &[Check::ServerStdout],
    },
    Clause {
        id: "LU-4",
        level: Level::Must,
        text: "The client prints 'Sent:     ' and its line, then 'Received: ' and the text of the \
               answer's first 1024 bytes.",
        checks: &[Check::ClientStdout],
    },
    Clause {
        id: "LU-5",
        level: Level::Must,
        text: "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when these bytes are not UTF-8 or the connection ends without one. The \
               answer to a line that strips to nothing is empty.",
        checks: &[Check::ClientExit],
    },
    Clause {
        id: "LU-6",
        level: Level::Must,
        text: "The server goes on until it is asked to end.",
        checks: &[Check::ServerExit, Check::ServerStays],
    },
    Clause {
        id: "LU-7",
        level: Level::Must,
        text: "The server closes the connection after its answer, and keeps nobody waiting for a \
               client that says nothing.",
        checks: &[Check::ServerCloses, Check::ToClient],
    },
    Clause {
        id: "LU-8",
        level: Level::Must,
        text: "Neither program writes files.",
        checks: &[Check::ClientFiles, Check::ServerFiles],
    },
];

pub(super) const SERIAL: &[Clause] = &[
    Clause {
        id: "LS-1",
        level: Level::Must,
        text: "The client sends its line as UTF-8 and a newline, and nothing else.",
        checks: &[Check::ToServer],
    },
    Clause {
        id: "LS-2",
        level: Level::Must,
        text: "The server answers with the first 1024 bytes it receives, stripped as bytes.strip() \
               does, a to z as A to Z, and nothing else. That a client sent more keeps no answer \
               from arriving.",
        checks: &[Check::ToClient],
    },
    Clause {
        id: "LS-3",
        level: Level::Must,
        text: "The server prints for each client its host and ' wrote:', then on a line of its own \
               the bytes repr of what it stripped, in whatever order the clients are served.",
        checks: &[Check::ServerStdout],
    },
    Clause {
        id: "LS-4",
        level: Level::Must,
        text: "The client prints 'Sent:     ' and its line, then 'Received: ' and the text of the \
               answer's first 1024 bytes.",
        checks: &[Check::ClientStdout],
    },
    Clause {
        id: "LS-5",
        level: Level::Must,
        text: "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when these bytes are not UTF-8 or the connection ends without one. The \
               answer to a line that strips to nothing is empty.",
        checks: &[Check::ClientExit],
    },
    Clause {
        id: "LS-6",
        level: Level::Must,
        text: "The server goes on until it is asked to end.",
        checks: &[Check::ServerExit, Check::ServerStays],
    },
    Clause {
        id: "LS-7",
        level: Level::Must,
        text: "The server closes the connection after its answer. It serves one client after \
               another, or several at the same time.",
        checks: &[Check::ServerCloses],
    },
    Clause {
        id: "LS-8",
        level: Level::Must,
        text: "Neither program writes files.",
        checks: &[Check::ClientFiles, Check::ServerFiles],
    },
];
