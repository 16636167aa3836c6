//! What a case puts in: the literals of the programs and what their users type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::{Leaving, Literals, Step};

/// An input of any scenario; a scenario uses the parts that mean something to it. In JSON, the
/// literals stand beside the other fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    /// The literals of the programs that it changes.
    #[serde(flatten)]
    pub literals: Literals,
    /// The bytes of the file that is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Blob>,
    /// What is typed, a line each, without the newline; or, if `raw`, what the harness sends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Blob>,
    /// What is typed at clients that come after the first has ended, one after another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Vec<Blob>>,
    /// What is typed at the server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub server_lines: Vec<Blob>,
    /// The harness is the client and sends `lines` as they are, each as one message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub raw: bool,
    /// The harness is the server and sends these bytes unchanged, whatever the client sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<Vec<Blob>>,
    /// What the harness does in the place of a program, to send a malformed frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostile: Option<Hostile>,
    /// How the harness ends the connection, as a server or as a client that sends `lines`.
    #[serde(skip_serializing_if = "Leaving::is_usual")]
    pub leaving: Leaving,
    /// What lies in the client's directory when it starts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<String, Beside>,
    /// What lies in the server's directory when it starts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub server_beside: BTreeMap<String, Beside>,
    /// What each program asks its user with at a terminal, by role, where the scenario says none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, String>,
    /// Both programs are at a terminal each, with somebody who types a line when asked for it; else
    /// everything is typed ahead, into pipes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub terminal: bool,
}

/// A malformed frame, and what the harness does to send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hostile {
    /// What is wrong with the frame, in words, its value first: `request.dict.size is a string`.
    pub what: String,
    /// The harness's part of the exchange.
    pub steps: Vec<Step>,
    /// Whether Python's `==` can't tell the frame from the right one: `7.0` for `7`. A peer whose JSON is held
    /// to its value need not tell it either.
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

    /// What is typed at the server besides.
    #[must_use]
    pub fn answered_by<L: AsRef<[u8]>>(self, lines: impl IntoIterator<Item = L>) -> Self {
        Self { server_lines: blobs(lines), ..self }
    }

    /// What is typed at one more client, which comes when the others have ended.
    #[must_use]
    pub fn then<L: AsRef<[u8]>>(mut self, lines: impl IntoIterator<Item = L>) -> Self {
        self.later.push(blobs(lines));
        self
    }

    /// The harness is the server and sends these bytes to the client that connects.
    pub fn served<L: AsRef<[u8]>>(answers: impl IntoIterator<Item = L>) -> Self {
        Self { served: Some(blobs(answers)), ..Self::default() }
    }

    /// This, which lies in the client's directory when it starts.
    #[must_use]
    pub fn beside(mut self, name: &str, what: Beside) -> Self {
        self.beside.insert(name.to_owned(), what);
        self
    }

    /// The connection ends like this.
    #[must_use]
    pub fn leaving(self, leaving: Leaving) -> Self {
        Self { leaving, ..self }
    }

    /// What the harness sends, all in one.
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

/// Something in a directory, before a program starts there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beside {
    /// A file with this in it.
    File(Blob),
    /// A symbolic link to this, which need not be there.
    Symlink(String),
    /// A directory with nothing in it.
    Directory,
    /// A named pipe that no program has open.
    Fifo,
}
