//! The stack on which items and entries wait until their list or dict is closed.
//!
//! Places that are not used yet hold defaults, so that a value is made in its place. A vector's
//! `push` makes it elsewhere and moves it, and to move what was just written means to wait for it.

/// How many unused places there are at most.
const AHEAD: usize = 64;
/// How many places there are at first.
const FIRST: usize = 4;
/// How many times larger the room becomes at most when it is used up.
const GROWTH: usize = 8;

/// So many places are rather made anew than emptied one by one.
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
        if self.used == self.slots.len() {
            self.extend(progress);
        }
        let slot = self.slots.get_mut(self.used);
        self.used += 1;
        slot
    }

    /// The place that was used last.
    #[inline]
    pub(super) fn last(&mut self) -> Option<&mut T> {
        self.slots.get_mut(self.used.wrapping_sub(1))
    }

    /// What lies in the places from `start` on, in a vector of its own. They are unused again.
    /// `last` says that no place is needed any more.
    #[inline]
    pub(super) fn take_from(&mut self, start: usize, last: bool) -> Vec<T> {
        let used = std::mem::replace(&mut self.used, start);
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

    /// Makes more places. Should there be no room, there will be as much as the rest of the text
    /// needs if it is like what is read of it: to grow step by step is to copy each time.
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

/// A place that holds a default, which owns nothing and so need not be dropped.
pub(super) struct Place<'a, T>(pub(super) &'a mut T);

impl<'a, T> Place<'a, T> {
    #[inline(always)]
    pub(super) fn set(self, value: T) -> &'a mut T {
        std::mem::forget(std::mem::replace(self.0, value));
        self.0
    }
}
