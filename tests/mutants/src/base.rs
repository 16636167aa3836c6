//! The example peers that mutants are made of.

use std::ffi::OsString;

/// An example peer.
#[derive(Debug)]
pub(crate) struct Base {
    /// Its name, which is its manifest's, too.
    pub(crate) name: &'static str,
    /// Its directory in `tests/peers`.
    pub(crate) directory: &'static str,
    /// The one file that it is.
    pub(crate) source: &'static str,
    /// What it takes to run, and to build, if anything.
    needs: &'static [&'static str],
    /// Whether `make` builds it, by the Makefile beside it.
    pub(crate) is_built: bool,
}

pub(crate) const BASES: [Base; 3] = [
    Base { name: "c", directory: "c", source: "peer.c", needs: &["make"], is_built: true },
    Base { name: "node", directory: "node", source: "peer.mjs", needs: &["node"], is_built: false },
    Base { name: "perl", directory: "perl", source: "echo.pl", needs: &["perl"], is_built: false },
];

impl Base {
    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        BASES.iter().find(|base| base.name == name)
    }

    /// What this machine lacks of what it takes.
    pub(crate) fn missing(&self) -> Option<String> {
        let compiler = std::env::var_os("CC").unwrap_or_else(|| OsString::from("cc"));
        let needs = self.needs.iter().map(OsString::from).chain(self.is_built.then_some(compiler));
        let missing = needs.into_iter().find(|program| which::which(program).is_err())?;
        Some(format!("there is no {}", missing.to_string_lossy()))
    }
}
