//! What is right for an input.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Breaks;
use crate::blob::Blob;
use crate::observation::{Direction, Exit, Observation, PeerEnd, Role};

/// What is right for an input, independent of the pairing.
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
    /// Data for the scenario's own errata and scripts.
    #[serde(skip)]
    pub notes: Notes,
    /// The places where turns and connections divide the streams, first of the stream to the server. They help
    /// to read frames, and are not compared.
    #[serde(default, skip_serializing_if = "are_none")]
    pub breaks: [Breaks; 2],
}

fn are_none(breaks: &[Breaks; 2]) -> bool {
    *breaks == <[Breaks; 2]>::default()
}

/// Numbers that a scenario stores with what is right, under names of its own. They are not compared, and no
/// report shows them.
pub type Notes = BTreeMap<&'static str, Vec<usize>>;

/// The data of one direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wire {
    /// A stream. Its cuts have no meaning.
    Stream(Blob),
    /// Datagrams. Their boundaries matter.
    Datagrams(Vec<Blob>),
}

/// How a program must end, and what it must leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedEnd {
    /// Standard output.
    pub stdout: Blob,
    /// The kind of its exit status.
    pub ending: Ending,
    /// The files in its directory.
    pub files: BTreeMap<String, Blob>,
    /// Whether it ends before the harness ends it; `None` if this is not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_itself: Option<bool>,
}

/// The kinds of exit status that users can distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Success: status 0. This includes the reference's way to meet the end of its typed input, status 1 with
    /// an `EOFError`; and, for a server, an end on request.
    Complete,
    /// An error: another status.
    Broken,
    /// Ended by a signal that was not sent on purpose.
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
    /// A program that prints this, ends successfully and leaves no files.
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
    /// The observation of the reference, as what is right.
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

    /// The numbers that the scenario stored under this name; empty if none.
    #[must_use]
    pub fn noted(&self, name: &str) -> &[usize] {
        self.notes.get(name).map_or(&[], Vec::as_slice)
    }

    /// The data in this direction.
    #[must_use]
    pub const fn wire(&self, direction: Direction) -> &Wire {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }

    /// The breaks in this direction.
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
    /// The observed data in this direction, in the same form as in `self`.
    #[must_use]
    pub fn like(&self, seen: &Observation, direction: Direction) -> Self {
        match self {
            Self::Stream(_) => Self::Stream(seen.wire.stream(direction).into()),
            Self::Datagrams(_) => {
                Self::Datagrams(seen.wire.segments(direction).map(Blob::from).collect())
            }
        }
    }

    /// Whether it is a stream that is longer than any system forwards at once.
    #[must_use]
    pub fn is_long(&self) -> bool {
        matches!(self, Self::Stream(bytes) if bytes.0.len() > 16 << 10)
    }

    /// Its total number of bytes.
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
    /// The kind of this end.
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

/// Whether this is a Python program whose `input()` met the end of input. With a pipe, CPython's last line then
/// has a message (`input` in `Python/bltinmodule.c`). Without a message, the program itself raised the
/// `EOFError`, for example for a stream that ends too early. At a terminal, `input` gives no message.
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
