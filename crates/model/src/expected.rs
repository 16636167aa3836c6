//! What is right for an input.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Breaks;
use crate::blob::Blob;
use crate::observation::{Direction, Exit, Observation, PeerEnd, Role};

/// What is right for an input, whoever plays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// What the client sends.
    pub to_server: Wire,
    /// What the server sends.
    pub to_client: Wire,
    /// How the server ends.
    pub server: ExpectedEnd,
    /// How the client ends.
    pub client: ExpectedEnd,
    /// What the scenario knows besides, for its own errata and scripts.
    #[serde(skip)]
    pub notes: Notes,
    /// Where the streams are broken by turns and connections, the one to the server first. Nothing is held
    /// to them: they help to read frames.
    #[serde(default, skip_serializing_if = "are_none")]
    pub breaks: [Breaks; 2],
}

fn are_none(breaks: &[Breaks; 2]) -> bool {
    *breaks == <[Breaks; 2]>::default()
}

/// Numbers that a scenario notes of what is right, by a name of its own. Nothing is held to them, and
/// no report shows them.
pub type Notes = BTreeMap<&'static str, Vec<usize>>;

/// What goes one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wire {
    /// A stream; its cuts mean nothing.
    Stream(Blob),
    /// Datagrams; their bounds mean all.
    Datagrams(Vec<Blob>),
}

/// How a program is to end and what it is to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedEnd {
    /// Standard output.
    pub stdout: Blob,
    /// The kind of exit status.
    pub ending: Ending,
    /// The files in its directory.
    pub files: BTreeMap<String, Blob>,
    /// Whether it ends before the harness ends it; `None` where that is not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_itself: Option<bool>,
}

/// Kinds of exit status that users can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// All was done: status 0. Also the reference's way to meet the end of what its user types, a
    /// status of 1 and an `EOFError`; and, for a server, ending when it was asked to.
    Complete,
    /// Something was wrong: another status.
    Broken,
    /// Ended by a signal that nobody sent on purpose.
    Killed,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete => "status 0",
            Self::Broken => "a status other than 0",
            Self::Killed => "an end by a signal",
        })
    }
}

impl ExpectedEnd {
    /// A program that prints this, ends well and leaves no file.
    #[must_use]
    pub fn printing(stdout: Vec<u8>) -> Self {
        Self {
            stdout: stdout.into(),
            ending: Ending::Complete,
            files: BTreeMap::new(),
            by_itself: None,
        }
    }

    fn of(end: &PeerEnd, role: Role) -> Self {
        let (stdout, files) = (end.stdout.clone(), end.files.clone());
        Self { stdout, ending: Ending::of(end, role), files, by_itself: None }
    }
}

impl Expected {
    /// What was seen of the reference, as what is right.
    #[must_use]
    pub fn from_reference(seen: &Observation, model: &Self) -> Self {
        Self {
            to_server: model.to_server.like(seen, Direction::ToServer),
            to_client: model.to_client.like(seen, Direction::ToClient),
            server: ExpectedEnd::of(&seen.server, Role::Server),
            client: ExpectedEnd::of(&seen.client, Role::Client),
            ..model.clone()
        }
    }

    /// What the scenario has noted under this name; nothing if it hasn't.
    #[must_use]
    pub fn noted(&self, name: &str) -> &[usize] {
        self.notes.get(name).map_or(&[], Vec::as_slice)
    }

    /// What goes this way.
    #[must_use]
    pub const fn wire(&self, direction: Direction) -> &Wire {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }

    /// Where what goes this way is broken.
    #[must_use]
    pub const fn breaks(&self, direction: Direction) -> &Breaks {
        let [to_server, to_client] = &self.breaks;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }
}

impl Wire {
    /// What was seen going this way, in the form of `self`.
    #[must_use]
    pub fn like(&self, seen: &Observation, direction: Direction) -> Self {
        match self {
            Self::Stream(_) => Self::Stream(seen.wire.stream(direction).into()),
            Self::Datagrams(_) => {
                Self::Datagrams(seen.wire.segments(direction).map(Blob::from).collect())
            }
        }
    }

    /// Whether it is a stream of more than what any system passes on at once.
    #[must_use]
    pub fn is_long(&self) -> bool {
        matches!(self, Self::Stream(bytes) if bytes.0.len() > 16 << 10)
    }

    /// How many bytes it is in all.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        match self {
            Self::Stream(bytes) => bytes.0.len(),
            Self::Datagrams(datagrams) => datagrams.iter().map(|it| it.0.len()).sum(),
        }
    }

    /// A stream of these bytes.
    #[must_use]
    pub fn stream(bytes: Vec<u8>) -> Self {
        Self::Stream(bytes.into())
    }
}

impl Ending {
    /// The kind of end this was.
    #[must_use]
    pub fn of(end: &PeerEnd, role: Role) -> Self {
        const SIGTERM: i32 = 15;
        let asked = role == Role::Server && !end.by_itself;
        match end.exit {
            None | Some(Exit::Status(0)) => Self::Complete,
            Some(Exit::Signal(SIGTERM)) if asked => Self::Complete,
            Some(Exit::Status(status)) if asked && status == 128 + SIGTERM => Self::Complete,
            Some(Exit::Status(1)) if died_of_end_of_input(end) => Self::Complete,
            Some(Exit::Status(_)) => Self::Broken,
            Some(Exit::Signal(_)) => Self::Killed,
        }
    }
}

/// A Python program whose `input()` met the end. Through a pipe, CPython's last line has a message then (`input` in
/// `Python/bltinmodule.c`); a bare one is an `EOFError` that the program raised, of a stream that ends too early for
/// example. At a terminal, `input` has none itself.
fn died_of_end_of_input(end: &PeerEnd) -> bool {
    const TRACEBACK: &[u8] = b"Traceback (most recent call last):\n";
    let said = end.stderr.0.trim_ascii_end();
    let last = said.rsplit(|byte| *byte == b'\n').next();
    let is_of_input = last.is_some_and(|line| match line {
        b"EOFError" => end.at_terminal,
        line => line == b"EOFError: EOF when reading a line",
    });
    is_of_input && said.windows(TRACEBACK.len()).any(|window| window == TRACEBACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(role: Role, exit: Exit, by_itself: bool, stderr: &str) -> Ending {
        let end =
            PeerEnd { exit: Some(exit), by_itself, stderr: stderr.into(), ..PeerEnd::default() };
        Ending::of(&end, role)
    }

    #[test]
    fn an_end_of_input_is_told_from_another_end() {
        let of_input =
            "Traceback (most recent call last):\n  ...\nEOFError: EOF when reading a line\n";
        let bare = "Traceback (most recent call last):\n  ...\nEOFError\n";
        for (stderr, at_terminal, expected) in [
            (of_input, false, Ending::Complete),
            (of_input, true, Ending::Complete),
            (bare, false, Ending::Broken),
            (bare, true, Ending::Complete),
            ("EOFError: EOF when reading a line\n", false, Ending::Broken),
            ("EOFError\n", true, Ending::Broken),
        ] {
            let stderr = stderr.into();
            let exit = Some(Exit::Status(1));
            let end = PeerEnd { exit, by_itself: true, at_terminal, stderr, ..PeerEnd::default() };
            assert_eq!(Ending::of(&end, Role::Client), expected, "{end:?}");
        }
    }

    #[test]
    fn endings_are_told_apart_as_a_user_would() {
        use Ending::{Broken, Complete, Killed};
        let eof = "Traceback (most recent call last):\n...\nEOFError: EOF when reading a line\n";
        for (role, exit, by_itself, stderr, expected) in [
            (Role::Client, Exit::Status(0), true, "", Complete),
            (Role::Client, Exit::Status(1), true, "", Broken),
            (Role::Client, Exit::Status(1), true, eof, Complete),
            (Role::Client, Exit::Status(2), true, eof, Broken),
            (Role::Client, Exit::Status(1), true, "EOFError: the stream is cut\n", Broken),
            (Role::Client, Exit::Signal(15), true, "", Killed),
            (Role::Server, Exit::Signal(15), false, "", Complete),
            (Role::Server, Exit::Signal(15), true, "", Killed),
            (Role::Server, Exit::Signal(9), false, "", Killed),
            (Role::Server, Exit::Status(143), false, "", Complete),
            (Role::Server, Exit::Status(143), true, "", Broken),
            (Role::Server, Exit::Status(1), true, eof, Complete),
            (Role::Server, Exit::Status(1), true, "", Broken),
        ] {
            assert_eq!(ending(role, exit, by_itself, stderr), expected, "{role:?} {exit:?}");
        }
    }
}
