//! Numbers from a seed. The same seed always gives the same numbers, on every machine.
//!
//! This is splitmix64. It is small, and good enough to choose lengths and delays. It is never used for secrets.

use std::time::Duration;

/// The longest delay of the `delayed` network, in microseconds.
const DELAY_LONGEST_US: u64 = 5_000;

/// A sequence of numbers.
#[derive(Debug, Clone)]
pub(super) struct Seeded(u64);

impl Seeded {
    /// The sequence of `seed` for the user with this number. Each user has its own.
    pub(super) fn new(seed: u64, user: u64) -> Self {
        let mut own = Self(seed ^ user.wrapping_mul(0xd1b5_4a32_d192_ed03));
        // Mixes similar seeds, so that they differ from the first number on.
        own.0 = own.next();
        own
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0. Its bias towards small numbers is less than `end / 2^64`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// The length of a segment: a third are single bytes, a third are small, a third are large.
    pub(super) fn segment_bytes(&mut self) -> usize {
        let len = match self.below(3) {
            0 => 1,
            1 => 2 + self.below(15),
            _ => 17 + self.below(1000),
        };
        usize::try_from(len).unwrap_or(1)
    }

    /// A delay of 0 to 5 ms.
    pub(super) fn delay(&mut self) -> Duration {
        Duration::from_micros(self.below(DELAY_LONGEST_US + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_and_another_gives_another() {
        let lens = |seed, user| {
            let mut seeded = Seeded::new(seed, user);
            (0..20).map(|_| seeded.segment_bytes()).collect::<Vec<_>>()
        };
        assert_eq!(lens(7, 0), lens(7, 0));
        assert_ne!(lens(7, 0), lens(8, 0));
        assert_ne!(lens(7, 0), lens(7, 1));
    }

    #[test]
    fn lengths_and_delays_are_of_all_sizes_within_their_limits() {
        let mut seeded = Seeded::new(1, 2);
        let lens: Vec<usize> = (0..300).map(|_| seeded.segment_bytes()).collect();
        assert!(lens.iter().all(|len| (1..=1016).contains(len)));
        assert!(lens.contains(&1) && lens.iter().any(|len| *len > 500));
        assert!((0..300).all(|_| seeded.delay() <= Duration::from_millis(5)));
    }
}
