//! Finds the frames, masks and turns in the observed traffic.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use learn::{Found, Nearest, Piece, Sure, Transport, find};
use model::mask::Place;
use model::observation::{Direction, Observation, Role};
use model::{Breaks, bursts};

use super::file::File;
use super::plays::{Seen, SeenInput};
use super::protocol_of;

/// How many rounds of masks are proposed. One mask may reveal what another hid.
const ROUNDS_MAX: usize = 6;

/// The findings.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) to_server: Way,
    pub(super) to_client: Way,
    /// The entries of the masks.
    pub(super) masks: Vec<String>,
    /// What differs between plays and has no mask, in words.
    pub(super) open: Vec<String>,
    /// Whether the client waited for the server's answers, in the same order in all plays.
    pub(super) turns: Option<bool>,
    /// Whether the screens were the same in all plays.
    pub(super) same_screens: bool,
    /// The number of the input of which a generated one is made, and the file that varies.
    pub(super) varied: Option<(usize, String)>,
    /// How many plays there were of each input.
    pub(super) plays: usize,
    /// The programs whose behaviour was recorded.
    pub(super) noted: Vec<&'static str>,
}

/// The traffic of one direction.
#[derive(Debug, Default)]
pub(super) enum Way {
    /// Nothing at all.
    #[default]
    Nothing,
    /// Frames.
    Found(Box<Found>),
    /// No frames that can be described. Contains the nearest guess.
    Unknown(Option<Nearest>),
}

impl Findings {
    pub(super) fn of(out: &Path, file: &File, seen: &Seen) -> anyhow::Result<Self> {
        let roles = [(learn::Role::Server, "server"), (learn::Role::Client, "client")];
        let noted = roles.into_iter().filter(|(role, _)| seen.facts.has_notes_of(*role));
        let mut findings = Self {
            to_server: way(file, seen, Direction::ToServer),
            to_client: way(file, seen, Direction::ToClient),
            turns: turns(&seen.inputs),
            same_screens: seen.inputs.iter().all(has_same_screens),
            varied: varied(file),
            plays: seen.inputs.first().map_or(0, |input| input.plays.len()),
            noted: noted.map(|(_, name)| name).collect(),
            ..Self::default()
        };
        findings.find_masks(out, file, seen)?;
        findings.find_files(&seen.inputs);
        Ok(findings)
    }

    /// Finds masks for what differs in the streams. They use the frames' names, if there are any.
    fn find_masks(&mut self, out: &Path, file: &File, seen: &Seen) -> anyhow::Result<()> {
        for _ in 0..ROUNDS_MAX {
            let protocol = protocol_of(&file.text(Some(self), false), out)?;
            let mut new: Vec<String> = Vec::new();
            self.open.clear();
            for input in &seen.inputs {
                for way in [Direction::ToServer, Direction::ToClient] {
                    let streams: Vec<Vec<u8>> =
                        input.plays.iter().map(|seen| seen.wire.stream(way)).collect();
                    let streams: Vec<&[u8]> = streams.iter().map(Vec::as_slice).collect();
                    let (entries, covers) = protocol.masks_for(Place::Stream(way), &streams);
                    if entries.is_empty() && !covers {
                        let what = format!("{} differs in the input {}", way.name(), input.name);
                        self.open.push(what);
                    }
                    let is_new = |entry: &String| !self.masks.contains(entry);
                    new.extend(entries.into_iter().filter(is_new));
                }
            }
            new.sort();
            new.dedup();
            if new.is_empty() {
                break;
            }
            self.masks.extend(new);
        }
        Ok(())
    }

    /// Finds masks for files that differ between plays.
    fn find_files(&mut self, inputs: &[SeenInput]) {
        for input in inputs {
            for role in [Role::Server, Role::Client] {
                let side = if role == Role::Server { "server" } else { "client" };
                let all: Vec<_> = input.plays.iter().map(|seen| &seen.end(role).files).collect();
                let mut contents: BTreeMap<&String, Vec<_>> = BTreeMap::new();
                for (name, content) in all.iter().flat_map(|files| files.iter()) {
                    contents.entry(name).or_default().push(content);
                }
                for (name, found) in contents {
                    let name = shown(name);
                    if found.len() < all.len() {
                        let what = format!(
                            "the {side}'s file {name} is not there in every play of {}",
                            input.name
                        );
                        self.open.push(what);
                    } else if found.windows(2).any(|pair| pair.first() != pair.last()) {
                        let entry = format!(
                            "[[mask]]\nfile = {}",
                            learn::string(&format!("{side}:{}", globset::escape(&name)))
                        );
                        if !self.masks.contains(&entry) {
                            self.masks.push(entry);
                        }
                    }
                }
            }
        }
    }

    /// Prints the findings, one per line.
    pub(super) fn tell(&self, out: &mut impl Write) -> std::io::Result<()> {
        let looked = match self.noted.as_slice() {
            [] => "neither program could be traced: learned from the bytes alone".to_owned(),
            noted => format!("traced the {}", noted.join(" and the ")),
        };
        writeln!(out, "{looked}")?;
        for (name, way) in [("to the server", &self.to_server), ("to the client", &self.to_client)]
        {
            match way {
                Way::Nothing => writeln!(out, "{name}: nothing is sent")?,
                Way::Found(found) => {
                    let parts = found.reasons.iter().flatten();
                    let least = parts.map(|reason| reason.sure).min().unwrap_or(Sure::Guess);
                    let count = found.frame_count;
                    writeln!(out, "{name}: {count} frames, the least sure part {}", least.word())?;
                }
                Way::Unknown(_) => writeln!(out, "{name}: no frames were found; see the file")?,
            }
        }
        writeln!(out, "what differs from play to play: {} masks", self.masks.len())?;
        self.open.iter().try_for_each(|what| writeln!(out, "no mask covers it: {what}"))
    }
}

/// The path of a file, from its quoted form.
fn shown(name: &str) -> String {
    serde_json::from_str(name).unwrap_or_else(|_| name.to_owned())
}

fn way(file: &File, seen: &Seen, way: Direction) -> Way {
    let is_datagram = file.transport.is_datagram();
    let plays = seen.inputs.iter().flat_map(|input| &input.plays);
    let pieces: Vec<Piece> = plays.flat_map(|seen| pieces(seen, way, is_datagram)).collect();
    let transport = if is_datagram { Transport::Datagrams } else { Transport::Stream };
    let sender = match way {
        Direction::ToServer => learn::Role::Client,
        Direction::ToClient => learn::Role::Server,
    };
    match find(&pieces, transport, &seen.facts, sender) {
        Ok(None) => Way::Nothing,
        Ok(Some(found)) => Way::Found(Box::new(found)),
        Err(nearest) => Way::Unknown(nearest),
    }
}

/// The bytes of each connection, or each datagram.
fn pieces(seen: &Observation, way: Direction, is_datagram: bool) -> Vec<Piece> {
    if is_datagram {
        let piece = |bytes: &[u8]| Piece { bytes: bytes.to_vec(), turns: Vec::new() };
        return seen.wire.segments(way).map(piece).collect();
    }
    let stream = seen.wire.stream(way);
    let breaks = Breaks::of(&seen.wire, way);
    let mut start = 0;
    let ends = breaks.connections.iter().copied().chain([stream.len()]);
    let piece = |end: usize| {
        let bytes = stream.get(start..end).unwrap_or_default().to_vec();
        let inside = breaks.turns.iter().filter(|turn| (start..end).contains(*turn));
        let turns = inside.map(|turn| turn - start).collect();
        start = end;
        Piece { bytes, turns }
    };
    ends.map(piece).collect()
}

/// Whether the client waited for answers. `None` if it never sent after the server, or if the order of turns
/// differs between plays.
fn turns(inputs: &[SeenInput]) -> Option<bool> {
    let mut is_seen = false;
    for input in inputs {
        let ways = |seen: &Observation| -> Vec<Direction> {
            bursts(&seen.wire).iter().map(|burst| burst.direction).collect()
        };
        let first = input.plays.first().map(ways).unwrap_or_default();
        if input.plays.iter().any(|seen| ways(seen) != first) {
            return None;
        }
        let answers = [Direction::ToClient, Direction::ToServer];
        is_seen |= first.windows(2).any(|pair| pair == answers);
    }
    is_seen.then_some(true)
}

fn has_same_screens(input: &SeenInput) -> bool {
    let screens = |seen: &Observation| (seen.client.stdout.clone(), seen.server.stdout.clone());
    let first = input.plays.first().map(screens);
    input.plays.iter().all(|seen| Some(screens(seen)) == first)
}

fn varied(file: &File) -> Option<(usize, String)> {
    let mut inputs = file.inputs.iter().enumerate();
    inputs.find_map(|(nth, input)| Some((nth, input.typed_file()?.0.to_owned())))
}
