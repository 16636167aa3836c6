//! Before a command writes to a directory, it claims the directory: see [`engine::claim`].

use std::path::Path;

use engine::claim::{Claim, ClaimError};

/// Claims a directory for this process until the claim is dropped.
///
/// # Errors
///
/// Another process uses the directory. The message names the process, and says what to do.
pub(super) fn claim(out: &Path) -> anyhow::Result<Claim> {
    Claim::take(out, &command_line()).map_err(told)
}

/// Claims a directory around `prepare`, which may take long or find a mistake. If another process uses the
/// directory, this fails at once. If the directory does not exist, it is made only after `prepare` succeeds.
///
/// # Errors
///
/// The errors of [`claim`] and of `prepare`.
pub(super) fn claim_around<T>(
    out: &Path,
    prepare: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(Claim, T)> {
    let claimed = Claim::take_again(out, &command_line()).map_err(told)?;
    let prepared = prepare()?;
    let claimed = match claimed {
        Some(claimed) => claimed,
        None => claim(out)?,
    };
    Ok((claimed, prepared))
}

fn told(error: ClaimError) -> anyhow::Error {
    match error {
        ClaimError::Busy { .. } => {
            anyhow::anyhow!("{error}: wait until it ends, or choose another directory with --out")
        }
        ClaimError::Io { .. } => error.into(),
    }
}

/// This process's command line, as a user types it.
fn command_line() -> String {
    model::shell::line(std::env::args_os())
}
