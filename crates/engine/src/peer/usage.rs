//! The peak memory of an ended process.

use std::io;
use std::process::{Child, ExitStatus};

use model::observation::MEMORY_MAX_BYTES;
use wait4::Wait4;

use crate::platform::own_peak_bytes;

/// The possible error of the kernel's count of a process's memory: each processor has counted pages that it has
/// not reported yet.
const COUNTING_ERROR_BYTES: u64 = 8 << 20;

/// Reaps an ended child. Returns the peak memory of the child or of its own children, if it was over
/// [`MEMORY_MAX_BYTES`].
///
/// Until its exec, a child's count includes all memory of this process, so that amount is not counted against
/// it.
pub(super) fn reap(child: &mut Child) -> (io::Result<ExitStatus>, Option<u64>) {
    let ended = match child.wait4() {
        Ok(ended) => ended,
        Err(error) => return (Err(error), None),
    };
    let excess = ended.rusage.maxrss;
    let blameless = MEMORY_MAX_BYTES.max(own_peak_bytes() + COUNTING_ERROR_BYTES);
    (Ok(ended.status), (excess > blameless).then_some(excess))
}
