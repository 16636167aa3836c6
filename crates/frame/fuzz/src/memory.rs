//! How much memory a target takes: the allocator counts.

use std::sync::atomic::{AtomicBool, Ordering};

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What any call may take, whatever it is given.
const CONSTANT: usize = 16 << 10;
/// What a byte of JSON may take once it is a value: `[0,0,...` is two bytes an element, and an
/// element of a list that has just been made larger, old and new, is three values.
pub(crate) const A_BYTE_OF_JSON: usize = 64;
/// What a byte that is only kept may take: a list that has just been made larger, old and new.
pub(crate) const A_BYTE_KEPT: usize = 3;

/// Whether what this thread takes is all that is taken. Under `cargo test` it is not, and the count
/// would be chance.
static IS_ALONE: AtomicBool = AtomicBool::new(cfg!(fuzzing));

/// From now on no other thread takes memory.
pub(crate) fn is_alone() {
    IS_ALONE.store(true, Ordering::Relaxed);
}

/// Call `act`, which has been given so many bytes, and assert that it takes no more memory than
/// `factor` for each of them, and a constant.
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
