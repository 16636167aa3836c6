//! A directory for each failure: the input, what is right, what was seen, and the command to see it again.

use std::fs;
use std::io::{self, BufWriter};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use model::event::{CaseResult, Event, Evidence, Sink};
use model::observation::Direction;
use model::{Breaks, Catalogue, Said, Scenario, Wire, shell};
use serde_json::json;

use super::Capture;
use super::replays::Replays;

/// Writes `failures/<case>/` under an output directory. Removes what an earlier run left there.
#[derive(Debug)]
pub struct FailureFolders {
    root: PathBuf,
    catalogue: Catalogue,
    replays: Replays,
}

impl FailureFolders {
    /// Directories under `out`. `catalogue` says which scenarios have frames.
    #[must_use]
    pub fn new(out: &Path, catalogue: Catalogue) -> Self {
        Self { root: out.join("failures"), catalogue, replays: Replays::default() }
    }
}

impl Sink for FailureFolders {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        if let Event::Started(start) = event {
            self.replays = Replays::new(start);
        }
        match event {
            Event::Started(_) if self.root.exists() => fs::remove_dir_all(&self.root),
            Event::Finished(case) => match &case.evidence {
                Some(evidence) => self.write_folder(case, evidence),
                None => Ok(()),
            },
            Event::Started(_) | Event::Ended(_) => Ok(()),
        }
    }
}

impl FailureFolders {
    fn frames(&self, case: &CaseResult, evidence: &Evidence) -> Option<serde_json::Value> {
        if evidence.left_out.is_some() {
            return None;
        }
        let scenario = self.catalogue.scenario(&case.scenario)?;
        let frames = in_frames(&**scenario, evidence);
        frames.as_object().is_some_and(|ways| !ways.is_empty()).then_some(frames)
    }

    fn write_folder(&self, case: &CaseResult, evidence: &Evidence) -> io::Result<()> {
        let folder = self.root.join(case.id.file_name());
        fs::create_dir_all(&folder)?;
        let about = match self.frames(case, evidence) {
            Some(frames) => json!({"result": case, "evidence": evidence, "frames": frames}),
            None => json!({"result": case, "evidence": evidence}),
        };
        fs::write(folder.join("case.json"), laid_out(&about)? + "\n")?;
        for (role, end) in
            [("server", &evidence.observed.server), ("client", &evidence.observed.client)]
        {
            fs::write(folder.join(format!("{role}.stdout")), &end.stdout.0)?;
            fs::write(folder.join(format!("{role}.stderr")), &end.stderr.0)?;
        }
        let capture = Capture {
            framing: self.catalogue.scenario(&case.scenario).and_then(|it| it.framing()),
            id: &case.id,
            verdict: case.verdict,
            clause: &case.clause,
            differences: &case.differences,
            observed: &evidence.observed,
            left_out: evidence.left_out.as_deref(),
        };
        capture.write(BufWriter::new(fs::File::create(folder.join("wire.pcapng"))?))?;
        let repro = folder.join("repro.sh");
        fs::write(&repro, script(&self.replays.arguments(&case.id)))?;
        fs::set_permissions(&repro, fs::Permissions::from_mode(0o755))
    }
}

/// Indented JSON for short texts. A long text has one event per line, as indenting it would make it four times
/// as long.
fn laid_out(about: &serde_json::Value) -> serde_json::Result<String> {
    const READ_MAX_BYTES: usize = 64 << 10;
    let short = serde_json::to_string(about)?;
    if short.len() > READ_MAX_BYTES { Ok(short) } else { serde_json::to_string_pretty(about) }
}

/// The frames of both streams, expected and found, if the scenario has frames.
fn in_frames(scenario: &dyn Scenario, evidence: &Evidence) -> serde_json::Value {
    let Evidence { expected, observed, .. } = evidence;
    let mut ways = serde_json::Map::new();
    for way in [Direction::ToServer, Direction::ToClient] {
        let (Wire::Stream(right), Wire::Stream(seen)) =
            (expected.wire(way), expected.wire(way).like(observed, way))
        else {
            continue;
        };
        let breaks = Breaks::of(&observed.wire, way);
        let right = Said { bytes: &right.0, breaks: expected.breaks(way) };
        let seen = Said { bytes: &seen.0, breaks: &breaks };
        let [right, seen] = [right, seen].map(|said| scenario.frames(way, said));
        if right.is_some() || seen.is_some() {
            ways.insert(way.name().to_owned(), json!({"expected": right, "found": seen}));
        }
    }
    ways.into()
}

/// A script that plays the case again: with this program's path if it still exists, otherwise with the one on
/// the PATH.
fn script(arguments: &str) -> String {
    let found_by = std::env::current_exe().ok().map(shell::word);
    let choose = found_by.map_or_else(String::new, |path| {
        format!("[ -x {path} ] && exec {path} {arguments} \"$@\"\n")
    });
    format!("#!/bin/sh\n{choose}exec framecheck {arguments} \"$@\"\n")
}
