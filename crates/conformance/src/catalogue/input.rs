//! What a case puts in: the literals of the server and what the client's user types.

use serde::{Deserialize, Serialize};

use crate::blob::Blob;

/// An input of any scenario; a scenario uses the parts that mean something to it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    /// The `file_name` a file server announces; the tutorial's if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The `file_desc` a file server announces; the tutorial's if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
    /// The bytes of the file that is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Blob>,
    /// What is typed, a line each, without the newline; or, if `raw`, what the harness sends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Blob>,
    /// The harness is the client and sends `lines` as they are, each as one message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub raw: bool,
}

impl Input {
    /// Lines that a user types.
    pub fn typed<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Self {
        let lines = lines.into_iter().map(|line| Blob::from(line.as_ref())).collect();
        Self { lines, ..Self::default() }
    }

    /// Messages that the harness sends.
    pub fn raw<L: AsRef<[u8]>>(messages: impl IntoIterator<Item = L>) -> Self {
        Self { raw: true, ..Self::typed(messages) }
    }

    /// The `file_name` announced.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("xyyyhtl.txt")
    }

    /// The `file_desc` announced.
    #[must_use]
    pub fn desc(&self) -> &str {
        self.desc.as_deref().unwrap_or("what fuck")
    }

    /// Whether a server must be told more than which file to serve.
    #[must_use]
    pub const fn has_literals(&self) -> bool {
        self.name.is_some() || self.desc.is_some()
    }

    /// Standard input of the client: every line with its newline.
    #[must_use]
    pub fn stdin(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| line.0.iter().copied().chain([b'\n'])).collect()
    }
}

/// One step of the harness as a client: send this, then read that much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What is sent, in one piece.
    pub send: Vec<u8>,
    /// Length of the answer in bytes; `None` if the server is to close instead.
    pub answer_bytes: Option<usize>,
}
