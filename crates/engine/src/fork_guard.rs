//! Keeps descriptors that must close at once out of children that are being started.
//!
//! A child holds every descriptor of its parent from its fork to its exec, whatever CLOEXEC says.
//! Usually that harms nobody. But a port that was bound for a moment, to see whether it is free,
//! stays bound in such a child, and the server it was meant for finds it taken. So starting a
//! process and trying a port keep out of each other's way.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

static GUARD: Mutex<()> = Mutex::new(());

thread_local! {
    static HAS_IT: Cell<bool> = const { Cell::new(false) };
}

/// Do this while no other thread is between fork and exec, or between binding and closing. It must
/// be short, must not wait for anything, and may do a part of itself so again.
pub(crate) fn alone<T>(work: impl FnOnce() -> T) -> T {
    if HAS_IT.get() {
        return work();
    }
    let _guard = GUARD.lock().unwrap_or_else(PoisonError::into_inner);
    let _mark = Mark::set();
    work()
}

/// Says that this thread has the guard, until it is dropped, come what may.
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
