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
        "The server answers with the first 1024 bytes it receives, stripped as bytes.strip() does, \
         a to z as A to Z, and sends nothing else. The answer arrives also when the client sent \
         more.",
        &[Check::ToClient],
    ),
    Clause::must(
        "LU-3",
        "For each client, the server prints the client's host and ' wrote:', then on a line of its \
         own the bytes repr of the stripped bytes. The lines of clients that it serves at the same \
         time may be mixed.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "LU-4",
        "The client prints 'Sent:     ' and its line, then 'Received: ' and the first 1024 bytes \
         of the answer as text.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "LU-5",
        "The client ends with status 0 when it has its answer. It prints nothing and ends with \
         another status when these bytes are not UTF-8, or when the connection ends without an \
         answer. The answer to a line that is empty after stripping is empty.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "LU-6",
        "The server runs until it gets a signal to end.",
        &[Check::ServerExit, Check::ServerStays],
    ),
    Clause::must(
        "LU-7",
        "The server closes the connection after its answer. No client waits because another client \
         sends nothing.",
        &[Check::ServerCloses, Check::ToClient],
    ),
    Clause::must(
        "LU-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];
