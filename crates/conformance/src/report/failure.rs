//! A folder for each failure: what was put in, what is right, what was seen, and how to see it
//! again.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Sink;
use crate::event::{CaseResult, Event, Evidence};

/// `failures/<case>/` under an output directory. What an earlier run left there is removed.
#[derive(Debug)]
pub struct FailureFolders {
    root: PathBuf,
}

impl FailureFolders {
    /// Folders under `out`.
    #[must_use]
    pub fn new(out: &Path) -> Self {
        Self { root: out.join("failures") }
    }
}

impl Sink for FailureFolders {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(_) if self.root.exists() => fs::remove_dir_all(&self.root),
            Event::Finished(case) => match &case.evidence {
                Some(evidence) => write_folder(&self.root, case, evidence),
                None => Ok(()),
            },
            Event::Started(_) | Event::Ended(_) => Ok(()),
        }
    }
}

fn write_folder(root: &Path, case: &CaseResult, evidence: &Evidence) -> io::Result<()> {
    let id = case.id.to_string();
    let folder = root.join(id.replace('/', "_"));
    fs::create_dir_all(&folder)?;
    let about = json!({"result": case, "evidence": evidence});
    fs::write(folder.join("case.json"), serde_json::to_string_pretty(&about)? + "\n")?;
    for (role, end) in
        [("server", &evidence.observed.server), ("client", &evidence.observed.client)]
    {
        fs::write(folder.join(format!("{role}.stdout")), &end.stdout.0)?;
        fs::write(folder.join(format!("{role}.stderr")), &end.stderr.0)?;
    }
    let repro = folder.join("repro.sh");
    fs::write(&repro, format!("#!/bin/sh\nexec framecheck replay '{id}' \"$@\"\n"))?;
    fs::set_permissions(&repro, fs::Permissions::from_mode(0o755))
}
