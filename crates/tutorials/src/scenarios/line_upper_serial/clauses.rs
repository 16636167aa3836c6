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
        "The server answers with the first 1024 bytes it receives, stripped as bytes.strip() does, \
         a to z as A to Z, and sends nothing else. The answer arrives also when the client sent \
         more.",
        &[Check::ToClient],
    ),
    Clause::must(
        "LS-3",
        "For each client, the server prints the client's host and ' wrote:', then on a line of its \
         own the bytes repr of the stripped bytes. The clients may come in any order.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "LS-4",
        "The client prints 'Sent:     ' and its line, then 'Received: ' and the first 1024 bytes \
         of the answer as text.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "LS-5",
        "The client ends with status 0 when it has its answer. It prints nothing and ends with \
         another status when these bytes are not UTF-8, or when the connection ends without an \
         answer. The answer to a line that is empty after stripping is empty.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "LS-6",
        "The server runs until it gets a signal to end.",
        &[Check::ServerExit, Check::ServerStays],
    ),
    Clause::must(
        "LS-7",
        "The server closes the connection after its answer. It serves clients one after another, \
         or several at the same time.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "LS-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];
