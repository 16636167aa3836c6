//! The clauses of `line-upper-serial`.

use model::{Check, Clause};

pub(crate) const CLAUSES: &[Clause] = &[
    Clause::must(
        "LS-1",
        "The client sends its line as UTF-8 and a newline, and nothing else.",
        &[Check::ToServer],
    ),
    Clause::must(
        "LS-2",
        "The server answers with the first 1024 bytes it receives, stripped as bytes.strip() \
               does, a to z as A to Z, and nothing else. That a client sent more keeps no answer \
               from arriving.",
        &[Check::ToClient],
    ),
    Clause::must(
        "LS-3",
        "The server prints for each client its host and ' wrote:', then on a line of its own \
               the bytes repr of what it stripped, in whatever order the clients are served.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "LS-4",
        "The client prints 'Sent:     ' and its line, then 'Received: ' and the text of the \
               answer's first 1024 bytes.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "LS-5",
        "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when these bytes are not UTF-8 or the connection ends without one. The \
               answer to a line that strips to nothing is empty.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "LS-6",
        "The server goes on until it is asked to end.",
        &[Check::ServerExit, Check::ServerStays],
    ),
    Clause::must(
        "LS-7",
        "The server closes the connection after its answer. It serves one client after \
               another, or several at the same time.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "LS-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];
