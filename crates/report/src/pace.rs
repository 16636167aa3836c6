//! How far a run is, where there is no terminal for a bar to move on: a line now and then.

use std::time::{Duration, Instant};

use indicatif::HumanDuration;

/// A log that somebody follows shows that the run goes on; one that is read later isn't filled.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Says when to tell, and what.
#[derive(Debug)]
pub(super) struct Pace {
    cases: usize,
    done: usize,
    began: Instant,
    told: Instant,
}

impl Pace {
    pub(super) const fn start(cases: usize, now: Instant) -> Self {
        Self { cases, done: 0, began: now, told: now }
    }

    /// A case is over; the line to print, if it is time for one.
    pub(super) fn one_more(&mut self, failed: usize, now: Instant) -> Option<String> {
        self.done += 1;
        if now.duration_since(self.told) < BETWEEN_LINES || self.done >= self.cases {
            return None;
        }
        self.told = now;
        let took = now.duration_since(self.began);
        let done = u32::try_from(self.done).unwrap_or(u32::MAX);
        let left = u32::try_from(self.cases - self.done).unwrap_or(u32::MAX);
        let rate = f64::from(done) / took.as_secs_f64();
        let time_left = HumanDuration((took / done).saturating_mul(left));
        let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        Some(format!(
            "{}/{} cases, {rate:.0} a second, {time_left} left{failed}",
            self.done, self.cases
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_every_ten_seconds_and_none_at_the_end() {
        let began = Instant::now();
        let mut pace = Pace::start(100, began);
        let mut lines = Vec::new();
        for second in 1..=100 {
            let failed = usize::from(second > 15);
            lines.extend(pace.one_more(failed, began + Duration::from_secs(second)));
        }
        assert_eq!(lines[0], "10/100 cases, 1 a second, 2 minutes left");
        assert_eq!(lines[1], "20/100 cases, 1 a second, 80 seconds left, 1 failed");
        assert_eq!(lines.len(), 9);
    }
}
