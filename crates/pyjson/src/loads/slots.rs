//! The stack where items and entries wait until their list or dict is closed.
//!
//! Unused places hold defaults, so that a value is made in its place. A vector's `push` makes it
//! elsewhere and moves it, and moving freshly written bytes has to wait for them.

use crate::swar::PLAIN;

/// The most unused places.
const AHEAD: usize = 64;
/// The number of places at first.
const FIRST: usize = 4;
/// The largest factor by which the room grows when it is used up.
const GROWTH: usize = 8;

/// From this many places on, making new ones is faster than emptying them one by one.
const MANY: usize = 1024;

pub(super) struct Slots<T> {
    slots: Vec<T>,
    used: usize,
}

impl<T: Default> Slots<T> {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), used: 0 }
    }

    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// The next unused place, which holds the default. `progress` is how much of the text has been
    /// read, and how much there is.
    #[inline(always)]
    pub(super) fn next(&mut self, progress: (usize, usize)) -> Option<&mut T> {
        if PLAIN {
            self.slots.push(T::default());
        } else if self.used == self.slots.len() {
            self.extend(progress);
        }
        let slot = self.slots.get_mut(self.used);
        self.used += 1;
        slot
    }

    /// The last used place.
    #[inline]
    pub(super) fn last(&mut self) -> Option<&mut T> {
        self.slots.get_mut(self.used.wrapping_sub(1))
    }

    /// The values in the places from `start` on, in their own vector. The places are then unused
    /// again. `last` says that no more places are needed.
    #[inline]
    pub(super) fn take_from(&mut self, start: usize, last: bool) -> Vec<T> {
        let used = std::mem::replace(&mut self.used, start);
        if PLAIN {
            return self.slots.split_off(start.min(self.slots.len()));
        }
        if start > 0 || !last && used < MANY {
            let slots = self.slots.get_mut(start..used).unwrap_or_default();
            return slots.iter_mut().map(std::mem::take).collect();
        }
        let mut taken = std::mem::take(&mut self.slots);
        taken.truncate(used);
        if taken.capacity() > 2 * used.max(FIRST) {
            taken.shrink_to_fit();
        }
        taken
    }

    /// Makes more places. If the allocation must grow, it grows to what the rest of the text needs
    /// if it is like the part already read: growing step by step copies each time.
    #[cold]
    fn extend(&mut self, (read, all): (usize, usize)) {
        let len = self.slots.len();
        if len == self.slots.capacity() {
            let expected = all.saturating_sub(read).saturating_mul(len) / read.max(1);
            let least = len.max(FIRST);
            self.slots.reserve_exact(expected.clamp(least, least.saturating_mul(GROWTH)));
        }
        let more = AHEAD.min(self.slots.capacity() - len);
        self.slots.resize_with(len + more, T::default);
    }
}

/// A place with a default, which owns nothing and so need not be dropped.
pub(super) struct Place<'a, T>(pub(super) &'a mut T);

impl<'a, T> Place<'a, T> {
    #[inline(always)]
    pub(super) fn set(self, value: T) -> &'a mut T {
        std::mem::forget(std::mem::replace(self.0, value));
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This many used places, which hold 1, 2, 3 and so on, after this much of a text.
    fn used(count: usize, progress: (usize, usize)) -> Slots<usize> {
        let mut slots = Slots::new();
        for place in 1..=count {
            *slots.next(progress).unwrap() = place;
        }
        slots
    }

    #[test]
    fn what_is_taken_is_what_was_put_and_the_next_place_holds_the_default() {
        for count in [0, 1, 4, 5, 63, 64, 65, 69, MANY - 1, MANY, MANY + 1, 3000] {
            for start in [0, 1, count / 2, count] {
                let start = start.min(count);
                for (last, progress) in [(false, (0, 0)), (true, (0, 0)), (false, (1, 9999))] {
                    let mut slots = used(count, progress);
                    assert_eq!(
                        slots.take_from(start, last),
                        (start + 1..=count).collect::<Vec<_>>()
                    );
                    assert_eq!(slots.used(), start);
                    assert_eq!(slots.last().copied(), (start > 0).then_some(start));
                    assert_eq!(slots.next(progress), Some(&mut 0));
                    assert_eq!(slots.used(), start + 1);
                }
            }
        }
    }

    #[test]
    fn few_places_are_kept_for_others_and_many_are_given_away_as_are_the_last() {
        let keeps = |count: usize, start: usize, last: bool| {
            let mut slots = used(count, (0, 0));
            slots.take_from(start, last);
            !slots.slots.is_empty()
        };
        assert!(keeps(1, 0, false) && keeps(MANY - 1, 0, false));
        assert!(!keeps(MANY, 0, false) && !keeps(MANY + 1, 0, false));
        assert!(!keeps(1, 0, true) && !keeps(MANY, 0, true));
        assert!(keeps(3000, 1, false));
    }

    #[test]
    fn room_is_made_as_the_rest_of_the_text_needs_it_within_bounds() {
        let room = |count: usize, progress| {
            let slots = used(count, progress);
            (slots.slots.len(), slots.slots.capacity())
        };
        for progress in [(0, 0), (1, 100), (100, 100)] {
            assert_eq!(room(1, progress), (4, 4));
        }
        // A quarter is read, and has taken four places.
        assert_eq!(room(5, (25, 100)), (16, 16));
        // At least twice as many and at most nine times as many.
        assert_eq!(room(5, (90, 100)), (8, 8));
        assert_eq!(room(5, (1, 100)), (36, 36));
        // Not all room is filled with defaults at once.
        assert_eq!(room(37, (1, 10_000)), (36 + AHEAD, 324));
        assert_eq!(room(36 + AHEAD + 1, (1, 10_000)), (36 + 2 * AHEAD, 324));
    }

    #[test]
    fn what_is_given_away_has_up_to_twice_the_room_it_needs() {
        let room = |count: usize, used_again: usize, progress| {
            let mut slots = used(count, progress);
            slots.take_from(used_again, false);
            slots.take_from(0, true).capacity()
        };
        assert_eq!(room(9, 9, (0, 0)), 16);
        assert_eq!(room(17, 16, (0, 0)), 32);
        assert_eq!(room(17, 15, (0, 0)), 15);
        assert_eq!(room(5, 4, (1, 100)), 4);
        assert_eq!(room(5, 1, (0, 0)), 8);
        assert_eq!(room(325, 325, (1, 10_000)), 325);
    }
}
