//! Measures how much memory a target allocates: the allocator counts.

use std::sync::atomic::{AtomicBool, Ordering};

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The most memory that any call may allocate, with any input.
const CONSTANT: usize = 16 << 10;
/// The most memory for a byte of JSON that becomes a value. `[0,0,...` has two bytes per element.
/// An element of a list that has just grown, old and new, takes three values.
pub(crate) const A_BYTE_OF_JSON: usize = 64;
/// The most memory for a byte that is only kept: a list that has just grown, old and new.
pub(crate) const A_BYTE_KEPT: usize = 3;

/// Whether only this thread allocates. Under `cargo test` other threads do too, and the count would
/// be chance.
static IS_ALONE: AtomicBool = AtomicBool::new(cfg!(fuzzing));

/// Declares that from now on no other thread allocates.
pub(crate) fn is_alone() {
    IS_ALONE.store(true, Ordering::Relaxed);
}

/// Calls `act`, whose input has this many bytes, and asserts that it allocates at most `factor`
/// bytes for each of them, plus a constant.
pub(crate) fn bounded<T>(received: usize, factor: usize, act: impl FnOnce() -> T) -> T {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = act();
    let peak = ALLOCATOR.peak_usage().saturating_sub(before);
    let limit = received * factor + CONSTANT;
    if IS_ALONE.load(Ordering::Relaxed) {
        assert!(peak <= limit, "{peak} bytes of memory for {received} received");
    }
    result
}
