//! What is right for a client that a network or a server has done harm to, given what it was given.

use std::collections::BTreeMap;

use super::{Beside, Ending, Expected, ExpectedEnd, Input};
use crate::blob::Blob;
use crate::case::Network;
use crate::observation::{Direction, Observation};
use crate::oracle::{Frame, Oracle, OracleError};

/// What is right for the client; `None` where the clauses leave it open.
#[derive(Debug, Clone, Default)]
pub struct Harmed {
    /// How it ends, if it gets to.
    pub ending: Option<Ending>,
    /// What it prints.
    pub stdout: Option<Blob>,
    /// What is in its directory in the end.
    pub files: Option<BTreeMap<String, Blob>>,
    /// The clause that what it says on standard error goes by, if it is to say something.
    pub clause: Option<&'static str>,
    /// Whether the clauses let it do with what it was given anything but wait for more.
    pub is_left_waiting: bool,
}

impl Harmed {
    /// Nothing is known but that it writes no files.
    #[must_use]
    pub fn writing_nothing(input: &Input) -> Self {
        Self { files: Some(files_beside(input)), ..Self::default() }
    }

    /// What is left to say where it is chance how far the exchange came.
    #[must_use]
    pub fn without_exchange(self) -> Self {
        Self { stdout: None, clause: None, ..self }
    }

    /// The same as what is right in the whole, with `right` where nothing is known.
    #[must_use]
    pub fn given(&self, right: &Expected) -> Expected {
        let client = ExpectedEnd {
            stdout: self.stdout.clone().unwrap_or_else(|| right.client.stdout.clone()),
            ending: self.ending.unwrap_or(right.client.ending),
            files: self.files.clone().unwrap_or_else(|| right.client.files.clone()),
        };
        Expected { client, ..right.clone() }
    }
}

/// The bytes that the client was given over its first connection.
#[must_use]
pub fn given_to_client(network: &Network, seen: &Observation) -> Vec<u8> {
    if *network == Network::AS_IS {
        seen.wire.stream(Direction::ToClient)
    } else {
        seen.wire.delivered(0, Direction::ToClient).flatten().copied().collect()
    }
}

/// What is in a client's directory before it starts, as it is seen there afterwards.
#[must_use]
pub fn files_beside(input: &Input) -> BTreeMap<String, Blob> {
    let seen = |what: &Beside| match what {
        Beside::File(bytes) => bytes.clone(),
        Beside::Symlink(target) => Blob::from(&format!("(a link to {target})")),
        Beside::Directory => Blob::from("(a directory)"),
        Beside::Fifo => Blob::from("(a named pipe)"),
    };
    input.beside.iter().map(|(name, what)| (name.clone(), seen(what))).collect()
}

/// What a client that fetches a file makes of these bytes.
pub(super) fn file_from(
    given: &[u8],
    input: &Input,
    oracle: &Oracle,
) -> Result<Harmed, OracleError> {
    let frames = oracle.read_frames(given, "file_size", 1)?;
    let Some(frame) = frames.first() else { return Ok(Harmed::default()) };
    let mut files = files_beside(input);
    let mut harmed = Harmed { ending: Some(Ending::Broken), ..Harmed::default() };
    let refused = frame.clause.or_else(|| frame.name_is_refused().then_some("FR-7"));
    // The dict is shown as soon as it is known to be that of a frame.
    let shown = match frame.clause {
        None | Some("FR-5") => format!("{}\n", frame.dict),
        Some(_) => String::new(),
    };
    harmed.stdout = Some(shown.into_bytes().into());
    harmed.clause = match refused {
        Some("FR-5") if frame.name_is_refused() => Some("FR-7"),
        refused => refused,
    };
    harmed.is_left_waiting = frame.is_cut_short() && harmed.clause != Some("FR-7");
    if let (None, Some(name)) = (harmed.clause, &frame.name) {
        // A link's name is taken, and a file's; not that of something else.
        let is_other =
            |there: &Blob| [&b"(a directory)"[..], b"(a named pipe)"].contains(&&there.0[..]);
        if files.get(name).is_some_and(is_other) {
            harmed.clause = None;
        } else {
            files.insert(name.clone(), frame.body.clone().into());
            harmed.ending = Some(Ending::Complete);
        }
    }
    harmed.files = Some(files);
    Ok(harmed)
}

/// What a client that has typed these lines makes of these bytes, an answer to each that isn't
/// empty.
pub(super) fn answers_from(
    given: &[u8],
    input: &Input,
    prompt: &str,
    oracle: &Oracle,
) -> Result<Harmed, OracleError> {
    let asked = input.lines.iter().filter(|line| !line.0.is_empty()).count();
    let mut frames = oracle.read_frames(given, "data_size", asked)?.into_iter();
    let mut harmed = Harmed::writing_nothing(input);
    let mut screen = String::new();
    for line in &input.lines {
        screen.push_str(prompt);
        if line.0.is_empty() {
            continue;
        }
        let Some(frame) = frames.next() else { break };
        match answer_of(&frame, oracle)? {
            Ok(text) => {
                screen.push_str(&text);
                screen.push('\n');
            }
            Err(clause) => {
                harmed.clause = Some(clause);
                harmed.is_left_waiting = frame.is_cut_short();
                break;
            }
        }
    }
    harmed.ending = Some(Ending::Broken);
    if harmed.clause.is_none() {
        screen.push_str(prompt);
        harmed.ending = Some(Ending::Complete);
    }
    harmed.stdout = Some(screen.into_bytes().into());
    Ok(harmed)
}

/// The text of an answer, or the clause it goes against.
fn answer_of(frame: &Frame, oracle: &Oracle) -> Result<Result<String, &'static str>, OracleError> {
    Ok(match frame.clause {
        Some(clause) => Err(clause),
        None => oracle.decode_gbk(&frame.body)?.ok_or("RC-8"),
    })
}
