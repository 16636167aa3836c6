//! A folder for each failure: what was put in, what is right, what was seen, and how to see it
//! again.

use std::fs;
use std::io::{self, BufWriter};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use model::Catalogue;
use model::event::{CaseResult, Event, Evidence, Sink};
use serde_json::json;

use super::Capture;
use super::replays::Replays;

/// `failures/<case>/` under an output directory. What an earlier run left there is removed.
#[derive(Debug)]
pub struct FailureFolders {
    root: PathBuf,
    catalogue: Catalogue,
    replays: Replays,
}

impl FailureFolders {
    /// Folders under `out`. `catalogue` says which scenarios are framed.
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
    fn write_folder(&self, case: &CaseResult, evidence: &Evidence) -> io::Result<()> {
        let folder = self.root.join(case.id.file_name());
        fs::create_dir_all(&folder)?;
        let about = json!({"result": case, "evidence": evidence});
        fs::write(folder.join("case.json"), serde_json::to_string_pretty(&about)? + "\n")?;
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
        };
        capture.write(BufWriter::new(fs::File::create(folder.join("wire.pcapng"))?))?;
        let repro = folder.join("repro.sh");
        fs::write(&repro, script(&self.replays.arguments(&case.id)))?;
        fs::set_permissions(&repro, fs::Permissions::from_mode(0o755))
    }
}

/// Plays the case again: by this very program where that is still there, else by the one on the PATH.
fn script(arguments: &str) -> String {
    let found_by = std::env::current_exe().ok().and_then(|path| {
        let path = path.into_os_string().into_string().ok()?;
        Some(shlex::try_quote(&path).ok()?.into_owned())
    });
    let choose = found_by.map_or_else(String::new, |path| {
        format!("[ -x {path} ] && exec {path} {arguments} \"$@\"\n")
    });
    format!("#!/bin/sh\n{choose}exec framecheck {arguments} \"$@\"\n")
}
