//! What the harness does in the place of a program, step by step.

use serde::{Deserialize, Serialize};

/// One step of the harness as a client, or as a server. A step that can't be done ends the script;
/// all connections that are open at its end are closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Open a connection, or as a server accept one, which the next steps are about.
    Connect,
    /// Turn to the connection of this number, counted from 0.
    Turn(usize),
    /// Send these bytes in one piece, or as one datagram. A server sends it to the last sender.
    Send(#[serde(with = "as_blob")] Vec<u8>),
    /// Read so many bytes, or one datagram.
    Read(usize),
    /// Read the bytes that arrive next, however many.
    ReadSome,
    /// Read to the end of the stream.
    ReadEnd,
    /// Say that no more will be sent.
    Finish,
    /// Close the connection, whatever is unread.
    Close,
    /// Break the connection off: a reset.
    Reset,
    /// Do nothing more, and leave everything open until the case is over.
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

/// How the harness ends a connection, when it has sent all that it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaving {
    /// It says that no more will come, and reads what still comes.
    #[default]
    Finish,
    /// It leaves it open, and is silent.
    Hold,
}

impl Leaving {
    /// What the harness does at the end of a connection to a server: it waits until the server closes.
    #[must_use]
    pub fn client_steps(self) -> Vec<Step> {
        match self {
            Self::Finish => vec![Step::Finish, Step::ReadEnd],
            Self::Hold => vec![Step::ReadEnd],
        }
    }

    /// What a script does at the end of a connection of a server. After a connection that is held, others can
    /// still come.
    #[must_use]
    pub fn steps(self) -> Vec<Step> {
        match self {
            Self::Finish => vec![Step::Finish, Step::ReadEnd, Step::Close],
            Self::Hold => Vec::new(),
        }
    }

    /// Whether it is the usual one.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::Finish
    }
}
