//! Keeps file descriptors that must close at once out of child processes.
//!
//! Between fork and exec, a child holds every descriptor of its parent, even with CLOEXEC. Usually this is
//! harmless. But if a port is bound for a moment to see whether it is free, it stays bound in such a child. The
//! server that should use the port then finds it taken. So starting a process and trying a port exclude each
//! other.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

static GUARD: Mutex<()> = Mutex::new(());

thread_local! {
    static HAS_IT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` while no other thread is between fork and exec, or between binding and closing. `work` must be
/// short and must not wait. It may call this function again.
pub(crate) fn alone<T>(work: impl FnOnce() -> T) -> T {
    if HAS_IT.get() {
        return work();
    }
    let _guard = GUARD.lock().unwrap_or_else(PoisonError::into_inner);
    let _mark = Mark::set();
    work()
}

/// Marks this thread as the guard's holder until it is dropped, even by a panic.
struct Mark;

impl Mark {
    fn set() -> Self {
        HAS_IT.set(true);
        Self
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        HAS_IT.set(false);
    }
}
