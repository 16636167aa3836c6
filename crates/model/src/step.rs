//! The steps of the harness in the place of a program.

use serde::{Deserialize, Serialize};

/// A step of the harness as a client or a server. A step that can't be done ends the script. All connections
/// that are open at its end are closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Opens a connection, or accepts one as a server. The next steps use it.
    Connect,
    /// Switches to the connection with this number, from 0.
    Turn(usize),
    /// Sends these bytes in one piece, or as one datagram. A server sends it to the last sender.
    Send(#[serde(with = "as_blob")] Vec<u8>),
    /// Reads this many bytes, or one datagram.
    Read(usize),
    /// Reads the bytes that arrive next.
    ReadSome,
    /// Reads to the end of the stream.
    ReadEnd,
    /// Ends the stream.
    Finish,
    /// Closes the connection, even with unread data.
    Close,
    /// Resets the connection.
    Reset,
    /// Does nothing more, and leaves everything open until the case is over.
    Hold,
}

mod as_blob {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::blob::Blob;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Blob::from(bytes).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        Ok(Blob::deserialize(from)?.0)
    }
}

/// How the harness ends a connection after it has sent everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaving {
    /// It ends its stream, and reads what still arrives.
    #[default]
    Finish,
    /// It leaves the connection open, and sends nothing.
    Hold,
}

impl Leaving {
    /// The harness's steps at the end of a connection to a server: it waits until the server closes.
    #[must_use]
    pub fn client_steps(self) -> Vec<Step> {
        match self {
            Self::Finish => vec![Step::Finish, Step::ReadEnd],
            Self::Hold => vec![Step::ReadEnd],
        }
    }

    /// A script's steps at the end of a server's connection. After a held connection, others may still come.
    #[must_use]
    pub fn steps(self) -> Vec<Step> {
        match self {
            Self::Finish => vec![Step::Finish, Step::ReadEnd, Step::Close],
            Self::Hold => Vec::new(),
        }
    }

    /// Whether it is the default.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::Finish
    }
}
