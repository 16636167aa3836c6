//! The clauses that hold for every scenario. They cover frames, networks and peers.

use std::sync::LazyLock;

use model::{Check, Clause};

/// See [`SECTIONS`].
static FRAMES: [Clause; 8] = [
    Clause::must(
        "FR-1",
        "A frame begins with a header of four bytes. A stream that ends inside a header, or before \
         a header that is due, is broken.",
        &[Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "FR-2",
        "The receiver refuses a header that announces a negative length, or more bytes than its \
         limit. It refuses before it allocates memory for them.",
        &[Check::ClientExit, Check::ClientStderr, Check::Memory],
    ),
    Clause::must(
        "FR-3",
        "The dict is as long as the header announces, and json.loads accepts it as JSON. The \
         receiver refuses a stream that ends inside the dict, and bytes that are not JSON.",
        &[Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "FR-4",
        "The JSON is an object. Its size key is an int that is not negative and not over the \
         receiver's limit; a bool is not an int. The receiver refuses anything else.",
        &[Check::ClientExit, Check::ClientStderr, Check::Memory],
    ),
    Clause::must(
        "FR-5",
        "The body is as long as the size says. A stream that ends inside the body is broken.",
        &[Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "FR-6",
        "Bytes after the body of the last frame do not belong to it.",
        &[Check::ClientStdout, Check::ClientFiles],
    ),
    Clause::must(
        "FR-7",
        "A file_name is a str that names a file in the working directory: not empty, not '.' or \
         '..', without '/' and NUL, and valid on the file system. The receiver refuses anything \
         else. It also refuses a name that already belongs to something other than a file or a \
         link. It replaces a link and does not follow it.",
        &[Check::ClientFiles, Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "FR-8",
        "A file appears under its name only when it is complete. Until then the earlier file of \
         that name stays, and no other file remains.",
        &[Check::ClientFiles],
    ),
];

/// See [`SECTIONS`].
static NETWORK: [Clause; 6] = [
    Clause::must(
        "NW-1",
        "The places where a stream is cut have no meaning, unless a clause says that a message is \
         what one recv returns.",
        &[Check::ToServer, Check::ToClient, Check::ClientStdout, Check::ClientFiles],
    ),
    Clause::must("NW-2", "A program that waits uses no processor time.", &[Check::AtRest]),
    Clause::must(
        "NW-3",
        "A client whose exchange was broken ends with a status other than 0, and says why on \
         standard error.",
        &[Check::ClientExit, Check::ClientStderr],
    ),
    Clause::must(
        "NW-4",
        "A server serves the next client, however the exchange with the one before ended. A server \
         that ends with status 0 after one client need not.",
        &[Check::NextClient],
    ),
    Clause::must(
        "NW-5",
        "No program holds more than 256 MiB of memory, for any bytes that it receives.",
        &[Check::Memory],
    ),
    Clause::must(
        ABOUT_DATAGRAMS,
        "A datagram that is lost, repeated, late or cut short affects its own exchange only.",
        &[Check::NextClient],
    ),
];

/// The sections of the common clauses: a title, and whether the section is for framed
/// scenarios only.
pub static SECTIONS: [(&str, bool, &[Clause]); 2] =
    [("frames", true, &FRAMES), ("network", false, &NETWORK)];

/// The clause that a client breaks when the harness has to end it after a broken exchange.
pub(crate) const BROKEN_EXCHANGE: &str = "NW-3";

/// The clause that is about datagrams only.
pub(crate) const ABOUT_DATAGRAMS: &str = "NW-6";

/// Every common clause, in the order of the sections.
pub static COMMON: LazyLock<Vec<Clause>> = LazyLock::new(|| [&FRAMES[..], &NETWORK[..]].concat());

/// The common clause with this id.
#[must_use]
pub fn common_clause(id: &str) -> Option<&'static Clause> {
    COMMON.iter().find(|clause| clause.id == id)
}
