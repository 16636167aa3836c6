//! Checks, and the clauses that they check.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One of the comparisons that judge a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The bytes, or datagrams, from the client.
    ToServer,
    /// The bytes, or datagrams, from the server.
    ToClient,
    /// The client's standard output.
    ClientStdout,
    /// The server's standard output.
    ServerStdout,
    /// How the client ended.
    ClientExit,
    /// How the server ended.
    ServerExit,
    /// The server still runs after its clients have ended.
    ServerStays,
    /// The files in the client's directory.
    ClientFiles,
    /// The files in the server's directory.
    ServerFiles,
    /// The server closes a connection after its client has.
    ServerCloses,
    /// The server ends by itself after its client.
    ServerEnds,
    /// The client connects, even if no data are sent.
    ClientConnects,
    /// The client's standard error after a broken exchange.
    ClientStderr,
    /// The processor time that a waiting program uses.
    AtRest,
    /// How much memory a program holds.
    Memory,
    /// The client that follows a faulty exchange is served correctly.
    NextClient,
    /// The program waits for the other side before it sends, as the reference does.
    Turns,
}

impl Check {
    /// Every check.
    pub const ALL: [Self; 17] = [
        Self::ToServer,
        Self::ToClient,
        Self::ClientStdout,
        Self::ServerStdout,
        Self::ClientExit,
        Self::ServerExit,
        Self::ServerStays,
        Self::ClientFiles,
        Self::ServerFiles,
        Self::ServerCloses,
        Self::ServerEnds,
        Self::ClientConnects,
        Self::ClientStderr,
        Self::AtRest,
        Self::Memory,
        Self::NextClient,
        Self::Turns,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToServer => "to-server",
            Self::ToClient => "to-client",
            Self::ClientStdout => "client-stdout",
            Self::ServerStdout => "server-stdout",
            Self::ClientExit => "client-exit",
            Self::ServerExit => "server-exit",
            Self::ServerStays => "server-stays",
            Self::ClientFiles => "client-files",
            Self::ServerFiles => "server-files",
            Self::ServerCloses => "server-closes",
            Self::ServerEnds => "server-ends",
            Self::ClientConnects => "client-connects",
            Self::ClientStderr => "client-stderr",
            Self::AtRest => "at-rest",
            Self::Memory => "memory",
            Self::NextClient => "next-client",
            Self::Turns => "turns",
        }
    }
}

/// How binding a clause is, as in RFC 2119.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A peer that violates it is wrong.
    Must,
    /// A peer that violates it should have a reason.
    Should,
}

/// A numbered sentence that says what a peer must do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// Its number, e.g. `FT-2`.
    pub id: Cow<'static, str>,
    /// How binding it is.
    pub level: Level,
    /// The sentence.
    pub text: Cow<'static, str>,
    /// The checks that test it.
    pub checks: Cow<'static, [Check]>,
}

impl Clause {
    /// A binding clause in a program's source.
    #[must_use]
    pub const fn must(id: &'static str, text: &'static str, checks: &'static [Check]) -> Self {
        Self {
            id: Cow::Borrowed(id),
            level: Level::Must,
            text: Cow::Borrowed(text),
            checks: Cow::Borrowed(checks),
        }
    }
}
