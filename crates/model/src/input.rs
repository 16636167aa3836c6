//! The input of a case: the programs' literals, and what their users type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::{Leaving, Literals, Step};

/// An input of any scenario. A scenario uses the fields that have a meaning for it. In JSON, the literals are
/// fields too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    /// The literals that it changes.
    #[serde(flatten)]
    pub literals: Literals,
    /// The bytes of the file that is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Blob>,
    /// The typed lines, without newlines; or, if `raw`, what the harness sends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Blob>,
    /// The typed lines of the clients that follow, one after another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Vec<Blob>>,
    /// The lines that are typed at the server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub server_lines: Vec<Blob>,
    /// The harness is the client and sends each of `lines` unchanged as one message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub raw: bool,
    /// The harness is the server and sends these bytes unchanged, for any request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<Vec<Blob>>,
    /// What the harness does in a program's place, to send a malformed frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostile: Option<Hostile>,
    /// How the harness ends the connection, as a server or as a client that sends `lines`.
    #[serde(skip_serializing_if = "Leaving::is_usual")]
    pub leaving: Leaving,
    /// The initial contents of the client's directory.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<String, Beside>,
    /// The initial contents of the server's directory.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub server_beside: BTreeMap<String, Beside>,
    /// The prompt of each program at a terminal, by role, if the scenario has none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, String>,
    /// Whether each program is at a terminal, with a user who types a line at each prompt. Otherwise everything
    /// is written into pipes at once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub terminal: bool,
}

/// A malformed frame, and the steps by which the harness sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hostile {
    /// What is wrong with the frame, in words. The value comes first: `request.dict.size is a string`.
    pub what: String,
    /// The harness's steps.
    pub steps: Vec<Step>,
    /// Whether Python's `==` finds the frame equal to the correct one: `7.0` for `7`. A peer whose JSON is
    /// compared by value need not distinguish them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_same_value: bool,
}

impl Input {
    /// Lines that a user types.
    pub fn typed<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Self {
        Self { lines: blobs(lines), ..Self::default() }
    }

    /// Messages that the harness sends.
    pub fn raw<L: AsRef<[u8]>>(messages: impl IntoIterator<Item = L>) -> Self {
        Self { raw: true, ..Self::typed(messages) }
    }

    /// Adds lines that are typed at the server.
    #[must_use]
    pub fn answered_by<L: AsRef<[u8]>>(self, lines: impl IntoIterator<Item = L>) -> Self {
        Self { server_lines: blobs(lines), ..self }
    }

    /// Adds the typed lines of another client, which follows the others.
    #[must_use]
    pub fn then<L: AsRef<[u8]>>(mut self, lines: impl IntoIterator<Item = L>) -> Self {
        self.later.push(blobs(lines));
        self
    }

    /// The harness is the server and sends these bytes to the client.
    pub fn served<L: AsRef<[u8]>>(answers: impl IntoIterator<Item = L>) -> Self {
        Self { served: Some(blobs(answers)), ..Self::default() }
    }

    /// Adds this to the initial contents of the client's directory.
    #[must_use]
    pub fn beside(mut self, name: &str, what: Beside) -> Self {
        self.beside.insert(name.to_owned(), what);
        self
    }

    /// Sets how the connection ends.
    #[must_use]
    pub fn leaving(self, leaving: Leaving) -> Self {
        Self { leaving, ..self }
    }

    /// Everything that the harness sends, joined.
    #[must_use]
    pub fn raw_bytes(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| line.0.iter().copied()).collect()
    }

    /// The same, typed at a terminal on each side.
    #[must_use]
    pub fn at_terminals(self) -> Self {
        Self { terminal: true, ..self }
    }
}

fn blobs<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Vec<Blob> {
    lines.into_iter().map(|line| Blob::from(line.as_ref())).collect()
}

/// An entry of a directory before a program starts there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beside {
    /// A file with this content.
    File(Blob),
    /// A symbolic link to this target, which need not exist.
    Symlink(String),
    /// An empty directory.
    Directory,
    /// A named pipe that no program has open.
    Fifo,
}
