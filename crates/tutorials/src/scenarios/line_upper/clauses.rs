//! The clauses of `line-upper`.

use model::{Check, Clause};

pub(crate) const CLAUSES: &[Clause] = &[
    Clause::must(
        "LU-1",
        "The client sends its line as UTF-8 and a newline, and nothing else.",
        &[Check::ToServer],
    ),
    Clause::must(
        "LU-2",
        "The server answers with the first 1024 bytes it receives, stripped as bytes.strip() \
               does, a to z as A to Z, and nothing else. That a client sent more keeps no answer \
               from arriving.",
        &[Check::ToClient],
    ),
    Clause::must(
        "LU-3",
        "The server prints for each client its host and ' wrote:', then on a line of its own \
               the bytes repr of what it stripped. What it prints for clients that it serves at the \
               same time may be mixed.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "LU-4",
        "The client prints 'Sent:     ' and its line, then 'Received: ' and the text of the \
               answer's first 1024 bytes.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "LU-5",
        "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when these bytes are not UTF-8 or the connection ends without one. The \
               answer to a line that strips to nothing is empty.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "LU-6",
        "The server goes on until it is asked to end.",
        &[Check::ServerExit, Check::ServerStays],
    ),
    Clause::must(
        "LU-7",
        "The server closes the connection after its answer, and keeps nobody waiting for a \
               client that says nothing.",
        &[Check::ServerCloses, Check::ToClient],
    ),
    Clause::must(
        "LU-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];
