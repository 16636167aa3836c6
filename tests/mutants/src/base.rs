//! The ports that mutants are made of: the example peers, and the port of each example protocol.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use crate::mutant::Theme;

/// What a source in a language needs to run, and to build, by its file extension.
const LANGUAGES: [(&str, &[&str]); 4] =
    [("c", &[]), ("java", &["java", "javac"]), ("mjs", &["node"]), ("pl", &["perl"])];

/// A port in its own folder.
#[derive(Debug)]
pub(crate) struct Base {
    /// Its name in mutants. Its manifest has this name too.
    pub(crate) name: String,
    /// Its folder, from the repository's root.
    pub(crate) place: String,
    /// Its folder.
    pub(crate) directory: PathBuf,
    /// The name of its one source file.
    pub(crate) source: String,
    /// Whether `make` builds it, by the Makefile beside it.
    pub(crate) is_built: bool,
    /// The programs that it needs.
    needs: Vec<OsString>,
}

/// The bases of all themes, by their folders.
pub(crate) fn all<'a>(
    repository: &Path,
    themes: impl IntoIterator<Item = &'a Theme>,
) -> anyhow::Result<BTreeMap<String, Base>> {
    let mut bases = BTreeMap::new();
    for theme in themes {
        for mutant in &theme.mutant {
            let place = theme.place(mutant);
            if bases.contains_key(&place) {
                continue;
            }
            let base = Base::read(repository, &place, &mutant.base)
                .with_context(|| format!("the base of {}", mutant.name))?;
            bases.insert(place, base);
        }
    }
    Ok(bases)
}

impl Base {
    /// The port in a folder: exactly one source in a language of the list.
    fn read(repository: &Path, place: &str, name: &str) -> anyhow::Result<Self> {
        let directory = repository.join(place);
        let there = directory.read_dir().with_context(|| format!("cannot read {place}"))?;
        let mut sources = Vec::new();
        for entry in there {
            let file = entry?.file_name().to_string_lossy().into_owned();
            let of_language = |(end, _): &&(&str, _)| {
                file.rsplit_once('.').is_some_and(|(_, found)| found == *end)
            };
            if let Some((_, needs)) = LANGUAGES.iter().find(of_language) {
                sources.push((file, *needs));
            }
        }
        let Ok([(source, needs)]) = <[_; 1]>::try_from(sources) else {
            bail!("{place} must have exactly one source of a port");
        };
        let mut needs: Vec<OsString> = needs.iter().map(OsString::from).collect();
        let is_built = directory.join("Makefile").is_file();
        if is_built {
            needs.push("make".into());
        }
        if Path::new(&source).extension().is_some_and(|end| end == "c") {
            needs.push(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
        }
        let base = Self {
            name: name.to_owned(),
            place: place.to_owned(),
            directory,
            source,
            is_built,
            needs,
        };
        ensure!(base.manifest().is_file(), "{place} has no manifest {name}.toml");
        Ok(base)
    }

    /// Its manifest.
    pub(crate) fn manifest(&self) -> PathBuf {
        self.directory.join(format!("{}.toml", self.name))
    }

    /// Its source, unchanged.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        let source = self.directory.join(&self.source);
        std::fs::read_to_string(&source)
            .with_context(|| format!("cannot read {}", source.display()))
    }

    /// The programs that it needs and this machine lacks.
    pub(crate) fn missing(&self) -> Option<String> {
        let missing = self.needs.iter().find(|program| which::which(program).is_err())?;
        Some(format!("there is no {}", missing.to_string_lossy()))
    }
}
