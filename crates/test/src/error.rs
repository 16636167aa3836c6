//! Why there is no verdict. A case that fails is no error.

/// framecheck could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no such program.
    #[error(
        "expected the program framecheck, found no `{program}`: install it with \
         `cargo install --locked framecheck frame-server frame-client` or \
         `pip install framecheck-conformance`, or name it in the environment variable FRAMECHECK"
    )]
    NoProgram {
        /// What was looked for: a path, or a name on the `PATH`.
        program: String,
    },
    /// The system did not start it, or a file of this run could not be written or read.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It ended without a verdict.
    #[error("framecheck ended with {status}{}{said}", if .said.is_empty() { "" } else { ":\n" })]
    Ended {
        /// `exit status: 2` is wrong usage, `exit status: 3` a shortage of the machine.
        status: std::process::ExitStatus,
        /// Its last words on standard error.
        said: String,
    },
    /// It printed a line that is no event. Another version of framecheck may do so.
    #[error("expected an event of framecheck, found {line:?}: {source}")]
    NoEvent {
        /// The line.
        line: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
