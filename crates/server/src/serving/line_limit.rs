//! Limits a line of the log to one per second, so that a frequent event does not flood the log. This
//! module does not write the line.

use std::time::{Duration, Instant};

/// The time from one line to the next.
const INTERVAL: Duration = Duration::from_secs(1);

/// Passes the first line, then one per second, and counts the lines in between.
#[derive(Debug, Default)]
pub(super) struct LineLimit {
    last: Option<Instant>,
    held_back: u64,
}

impl LineLimit {
    /// Passes a line or holds it back. With a line that passes comes the number of lines held back
    /// since the last one.
    pub(super) fn pass(&mut self) -> Option<u64> {
        if self.last.is_some_and(|last| last.elapsed() < INTERVAL) {
            self.held_back += 1;
            return None;
        }
        self.last = Some(Instant::now());
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_passes_with_the_number_of_those_held_back() {
        let mut limit = LineLimit::default();
        assert_eq!([limit.pass(), limit.pass(), limit.pass()], [Some(0), None, None]);
        limit.last = limit.last.and_then(|last| last.checked_sub(INTERVAL));
        assert_eq!([limit.pass(), limit.pass()], [Some(2), None]);
    }
}
