//! The clauses that hold for every scenario: frames, and what a network and a peer may do.

use std::sync::LazyLock;

use model::{Check, Clause};

/// See [`SECTIONS`].
static FRAMES: [Clause; 8] = [
    Clause::must(
        "FR-1",
        "A frame begins with a header of four bytes. A stream that ends inside one, or before one \
         that is due, is broken.",
        &[Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "FR-2",
        "A header that announces fewer than no bytes, or more than the receiver takes, is refused \
         before anything is reserved for them.",
        &[Check::ClientExit, Check::ClientStderr, Check::Memory],
    ),
    Clause::must(
        "FR-3",
        "The dict is as many bytes as the header announces, and JSON as json.loads takes it. A \
         stream that ends inside it, or bytes that are no JSON, are refused.",
        &[Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "FR-4",
        "The JSON is an object, and its size key an int that is not negative and not over what the \
         receiver takes; a bool is no int. Anything else is refused.",
        &[Check::ClientExit, Check::ClientStderr, Check::Memory],
    ),
    Clause::must(
        "FR-5",
        "The body is as many bytes as the size says. A stream that ends inside it is broken.",
        &[Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "FR-6",
        "What comes behind the body of a last frame is no part of it.",
        &[Check::ClientStdout, Check::ClientFiles],
    ),
    Clause::must(
        "FR-7",
        "A file_name is a str that names a file in the working directory: not empty, not '.' or \
         '..', without '/' and NUL, and one that the file system can have. Anything else is \
         refused, and so is a name that something else than a file or a link has already; a link is \
         replaced, not followed.",
        &[Check::ClientFiles, Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "FR-8",
        "A file is under its name only when it is whole; until then, what was there before stays, \
         and nothing else is left.",
        &[Check::ClientFiles],
    ),
];

/// See [`SECTIONS`].
static NETWORK: [Clause; 6] = [
    Clause::must(
        "NW-1",
        "Where a stream is cut means nothing, unless a clause says that a message is what one recv \
         returns.",
        &[Check::ToServer, Check::ToClient, Check::ClientStdout, Check::ClientFiles],
    ),
    Clause::must("NW-2", "A program that waits uses no processor time.", &[Check::AtRest]),
    Clause::must(
        "NW-3",
        "A client whose exchange was broken ends, says why on standard error, and its status is \
         not 0.",
        &[Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "NW-4",
        "Whatever became of one client, a server serves the next, unless it ends with status 0 \
         after one.",
        &[Check::NextClient],
    ),
    Clause::must(
        "NW-5",
        "No program holds more than 256 MiB, whatever it is sent.",
        &[Check::Memory],
    ),
    Clause::must(
        ABOUT_DATAGRAMS,
        "A datagram that is lost, repeated, late or cut short harms its own exchange alone.",
        &[Check::NextClient],
    ),
];

/// The sections of the common clauses: a title, and whether it is for framed scenarios alone.
pub static SECTIONS: [(&str, bool, &[Clause]); 2] =
    [("frames", true, &FRAMES), ("network", false, &NETWORK)];

/// The clause that speaks where a client's exchange was broken and the harness had to end it.
pub(crate) const BROKEN_EXCHANGE: &str = "NW-3";

/// The clause that speaks of datagrams alone.
pub(crate) const ABOUT_DATAGRAMS: &str = "NW-6";

/// Every common clause, in the order of the sections.
pub static COMMON: LazyLock<Vec<Clause>> = LazyLock::new(|| [&FRAMES[..], &NETWORK[..]].concat());

/// The common clause of this number.
#[must_use]
pub fn common_clause(id: &str) -> Option<&'static Clause> {
    COMMON.iter().find(|clause| clause.id == id)
}
