//! What a role is played in: a tutorial's scenario, or a protocol that a file describes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use crate::mutant::Theme;

/// What a role is played in, and with which peers.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The scenario's name.
    pub(crate) scenario: String,
    /// The file that describes it, from the repository's root; `None` for a tutorial's scenario.
    pub(crate) file: Option<String>,
    /// The peers in the other role.
    pub(crate) others: Vec<String>,
}

/// The keys of a protocol file that are read here.
#[derive(Deserialize)]
struct Protocol {
    name: String,
    reference: Reference,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default = "usual_name")]
    name: String,
}

fn usual_name() -> String {
    "reference".to_owned()
}

impl Setting {
    /// The setting of a theme's mutants.
    pub(crate) fn of(repository: &Path, theme: &Theme) -> anyhow::Result<Self> {
        match &theme.protocol {
            None => Ok(Self::tutorial(&theme.scenario)),
            Some(folder) => {
                let file = format!("{folder}/{}.toml", theme.scenario);
                let mut setting = Self::protocol(repository, &file)?;
                // This peer sends the malformed frames.
                setting.others.push("harness".to_owned());
                Ok(setting)
            }
        }
    }

    /// The reference, the harness, and the port where a network has a fault and there are no frames:
    /// what the reference would do there is chance.
    fn tutorial(scenario: &str) -> Self {
        let others: &[&str] = match scenario {
            "file-transfer" | "remote-command" => &["python", "harness"],
            _ => &["python", "harness", "rust"],
        };
        let others = others.iter().map(|&name| name.to_owned()).collect();
        Self { scenario: scenario.to_owned(), file: None, others }
    }

    /// The protocol of a file, with its reference in the other role.
    pub(crate) fn protocol(repository: &Path, file: &str) -> anyhow::Result<Self> {
        let path: PathBuf = repository.join(file);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
        let protocol: Protocol = toml::from_str(&text).with_context(|| file.to_owned())?;
        Ok(Self {
            scenario: protocol.name,
            file: Some(file.to_owned()),
            others: vec![protocol.reference.name],
        })
    }
}
