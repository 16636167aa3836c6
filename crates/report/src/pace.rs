//! Progress lines where there is no terminal for a progress bar.

use std::time::{Duration, Instant};

use indicatif::HumanDuration;

/// Often enough to show in a followed log that the run continues, and rare enough not to fill a stored one.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Decides when to print a line, and which.
#[derive(Debug)]
pub(super) struct Pace {
    count: usize,
    unit: &'static str,
    done: usize,
    began: Instant,
    told: Instant,
}

impl Pace {
    pub(super) const fn start(count: usize, unit: &'static str, now: Instant) -> Self {
        Self { count, unit, done: 0, began: now, told: now }
    }

    /// One more is finished. Returns the line to print, if it is time for one. `note` is the line's end.
    pub(super) fn one_more(&mut self, note: &str, now: Instant) -> Option<String> {
        self.done += 1;
        if now.duration_since(self.told) < BETWEEN_LINES || self.done >= self.count {
            return None;
        }
        self.told = now;
        let took = now.duration_since(self.began);
        let done = u32::try_from(self.done).unwrap_or(u32::MAX);
        let left = u32::try_from(self.count - self.done).unwrap_or(u32::MAX);
        let rate = f64::from(done) / took.as_secs_f64();
        let time_left = HumanDuration((took / done).saturating_mul(left));
        let note = if note.is_empty() { String::new() } else { format!(", {note}") };
        Some(format!(
            "{}/{} {}, {rate:.0} a second, {time_left} left{note}",
            self.done, self.count, self.unit
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_every_ten_seconds_and_none_at_the_end() {
        let began = Instant::now();
        let mut pace = Pace::start(100, "cases", began);
        let mut lines = Vec::new();
        for second in 1..=100 {
            let note = if second > 15 { "1 failed" } else { "" };
            lines.extend(pace.one_more(note, began + Duration::from_secs(second)));
        }
        assert_eq!(lines[0], "10/100 cases, 1 a second, 2 minutes left");
        assert_eq!(lines[1], "20/100 cases, 1 a second, 80 seconds left, 1 failed");
        assert_eq!(lines.len(), 9);
    }
}
