//! What a case puts in: the literals of the programs and what their users type.

use std::collections::BTreeMap;

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
    /// The client's fixed messages, in order; the tutorial's if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<String>,
    /// The server's fixed answer; the tutorial's if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// A program's fixed number; the tutorial's if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
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
    /// The harness is the server and sends these, as they are, to whatever the client says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<Vec<Blob>>,
    /// How the harness as a server ends the connection.
    #[serde(skip_serializing_if = "Leaving::is_usual")]
    pub leaving: Leaving,
    /// What lies in the client's directory when it starts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<String, Beside>,
    /// Both programs are at a terminal each, with somebody who types a line when asked for it; else
    /// everything is typed ahead, into pipes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub terminal: bool,
}

impl Input {
    /// Lines that a user types.
    pub fn typed<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Self {
        Self { lines: blobs(lines), ..Self::default() }
    }

    /// The client's fixed messages.
    pub fn saying<M: Into<String>>(messages: impl IntoIterator<Item = M>) -> Self {
        let messages = messages.into_iter().map(Into::into).collect();
        Self { messages, ..Self::default() }
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

    /// The client's fixed message of this number, if it isn't the tutorial's.
    #[must_use]
    pub fn message(&self, nth: usize) -> Option<&str> {
        self.messages.get(nth).map(String::as_str)
    }

    /// What the harness, as a server, sends to whoever connects.
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
}

fn blobs<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Vec<Blob> {
    lines.into_iter().map(|line| Blob::from(line.as_ref())).collect()
}

/// How the harness as a server ends a connection, when it has sent all that it has to.
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
    /// What a script does at the end of a connection. After a connection that is held, others can
    /// still come.
    pub(super) fn steps(self) -> Vec<Step> {
        match self {
            Self::Finish => vec![Step::Finish, Step::ReadEnd, Step::Close],
            Self::Hold => Vec::new(),
        }
    }

    fn is_usual(&self) -> bool {
        *self == Self::Finish
    }
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
    /// A named pipe that nobody has open.
    Fifo,
}

/// A literal of a program that a case may change: it fills the place `{name}` of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// Its name.
    pub name: &'static str,
    /// What it is in this case.
    pub value: String,
    /// Whether that differs from the tutorial's: a program whose command has no place for it can't
    /// play the case.
    pub is_changed: bool,
    /// Whether a program knows it without being told, as the name of a file that it is given.
    pub is_known: bool,
}

impl Literal {
    /// A literal that every program knows, told or not.
    pub fn known(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), is_changed: false, is_known: true }
    }

    /// A literal that differs from the tutorial's.
    pub fn changed(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), is_changed: true, is_known: false }
    }

    /// A literal that may differ from the tutorial's.
    #[must_use]
    pub fn or(name: &'static str, given: Option<&str>, usual: &str) -> Self {
        let is_changed = given.is_some_and(|given| given != usual);
        let value = given.unwrap_or(usual).to_owned();
        Self { name, value, is_changed, is_known: false }
    }
}

/// One step of the harness as a client, or as a server. A step that can't be done ends the script;
/// all connections that are open at its end are closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Open a connection, or as a server accept one, which the next steps are about.
    Connect,
    /// Turn to the connection of this number, counted from 0.
    Turn(usize),
    /// Send this, in one piece; for datagrams, as one, a server's to whoever sent the last.
    Send(Vec<u8>),
    /// Read so many bytes, or one datagram.
    Read(usize),
    /// Read whatever comes next.
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
