//! How much memory a process has held, once it has ended.

use std::io;
use std::process::{Child, ExitStatus};

use model::observation::MEMORY_MAX_BYTES;
use wait4::Wait4;

use crate::platform::own_peak_bytes;

/// What the kernel's counts of a process's memory may be off by: each processor has counted pages
/// that it has not told yet.
const COUNTING_ERROR_BYTES: u64 = 8 << 20;

/// Give back an ended child's number, and say how much memory it, or a child of its own, held at
/// the most if that was over [`MEMORY_MAX_BYTES`].
///
/// Until its exec a child is counted with all that this process holds, so it isn't blamed for that
/// much either.
pub(super) fn reap(child: &mut Child) -> (io::Result<ExitStatus>, Option<u64>) {
    let ended = match child.wait4() {
        Ok(ended) => ended,
        Err(error) => return (Err(error), None),
    };
    let excess = ended.rusage.maxrss;
    let blameless = MEMORY_MAX_BYTES.max(own_peak_bytes() + COUNTING_ERROR_BYTES);
    (Ok(ended.status), (excess > blameless).then_some(excess))
}
