//! The directories that a command writes to are claimed first: see [`engine::claim`].

use std::path::Path;

use engine::claim::{Claim, ClaimError};

/// Claim a directory for this process until the claim is dropped.
///
/// # Errors
/// Who else uses it, and what to do then.
pub(super) fn claim(out: &Path) -> anyhow::Result<Claim> {
    Claim::take(out, &command_line()).map_err(told)
}

/// The same before and after something that may take long or find a mistake. Where another process uses the
/// directory, that is seen at once; where it is not there yet, it is made only if all goes well.
///
/// # Errors
/// As of [`claim`], and those of `prepare`.
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

/// This process's command line, as one types it.
fn command_line() -> String {
    model::shell::line(std::env::args_os())
}
