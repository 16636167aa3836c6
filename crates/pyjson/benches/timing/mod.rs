//! Measures how long a call takes, by one turn of many calls.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The length of a turn.
const TURN: Duration = Duration::from_millis(20);

/// A contender: makes its call this many times.
pub(crate) type Contender<'a> = Box<dyn Fn(u32) -> Duration + 'a>;

pub(crate) fn contender<'a, T>(call: impl Fn() -> T + 'a) -> Contender<'a> {
    Box::new(move |count| {
        let start = Instant::now();
        for _ in 0..count {
            black_box(call());
        }
        start.elapsed()
    })
}

/// Nanoseconds of one call.
pub(crate) fn turn(contender: &Contender<'_>) -> f64 {
    let once = contender(1).max(Duration::from_nanos(20));
    let count = (TURN.as_nanos() / once.as_nanos()).clamp(1, 500_000);
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    contender(count).as_secs_f64() * 1e9 / f64::from(count)
}
