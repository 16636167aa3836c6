//! Records which packet brought each byte of a direction, until the current frame ends.

use std::collections::VecDeque;

/// How many of a frame's first ranges are kept, and how many of its last.
const RANGES_MAX: usize = 1024;

/// The place of a byte in the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Place {
    /// The packet's number, from 1.
    pub(in crate::cli) packet: u64,
    /// The index of the byte in its payload, from 0.
    pub(in crate::cli) byte: usize,
    /// Whether the place is exact. Otherwise the byte is there or later, as the frame has too many packets.
    pub(in crate::cli) is_exact: bool,
}

/// Bytes of a stream that one packet brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Range {
    /// The stream offset of the first byte.
    pub(in crate::cli) start: usize,
    /// The stream offset after the last byte.
    pub(in crate::cli) end: usize,
    pub(in crate::cli) packet: u64,
    /// The offset of the first byte in the packet's payload.
    pub(in crate::cli) byte: usize,
}

impl Range {
    fn place(&self, offset: usize) -> Place {
        let inside = offset.min(self.end).saturating_sub(self.start);
        Place { packet: self.packet, byte: self.byte + inside, is_exact: offset <= self.end }
    }
}

/// The ranges of a frame, in the order of the stream.
#[derive(Debug, Default)]
pub(in crate::cli) struct Places {
    first: Vec<Range>,
    /// The ranges after `first`, if there are many.
    last: VecDeque<Range>,
}

impl Places {
    /// Adds the next range. Drops the ranges that end before `passed`, as nothing is kept of that part and no
    /// mistake can be there.
    pub(in crate::cli) fn add(&mut self, range: Range, passed: Option<usize>) {
        if let Some(passed) = passed {
            while self.last_start().is_some_and(|start| start >= passed) {
                if self.last.pop_back().is_none() {
                    self.first.pop();
                }
            }
        }
        if self.first.len() < RANGES_MAX && self.last.is_empty() {
            self.first.push(range);
            return;
        }
        self.last.push_back(range);
        if self.last.len() > RANGES_MAX {
            self.last.pop_front();
        }
    }

    fn last_start(&self) -> Option<usize> {
        self.last.back().or_else(|| self.first.last()).map(|range| range.start)
    }

    /// Drops the ranges before a new frame.
    pub(in crate::cli) fn forget_before(&mut self, offset: usize) {
        let kept = self.first.partition_point(|range| range.end <= offset);
        self.first.drain(..kept);
        if self.first.is_empty() {
            while self.last.front().is_some_and(|range| range.end <= offset) {
                self.last.pop_front();
            }
            let count = self.last.len().min(RANGES_MAX);
            self.first.extend(self.last.drain(..count));
        }
    }

    /// The place of the byte at a stream offset. `None` if it came before all kept ranges.
    pub(in crate::cli) fn find(&self, offset: usize) -> Option<Place> {
        let all = || self.last.iter().rev().chain(self.first.iter().rev());
        let holds = |range: &&Range| range.start <= offset;
        all().find(holds).map(|range| range.place(offset))
    }

    /// The end of the stream, in `packet`.
    pub(in crate::cli) fn end(&self, packet: u64) -> Place {
        let last = self.last.back().or_else(|| self.first.last());
        let byte = last.filter(|range| range.packet == packet);
        let byte = byte.map_or(0, |range| range.byte + (range.end - range.start));
        Place { packet, byte, is_exact: true }
    }

    /// The memory that it uses, in bytes.
    pub(in crate::cli) fn held_bytes(&self) -> usize {
        (self.first.len() + self.last.len()) * size_of::<Range>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One byte per packet: packet N + 1 brings the byte at offset N.
    fn byte(offset: usize) -> Range {
        Range { start: offset, end: offset + 1, packet: offset as u64 + 1, byte: 0 }
    }

    fn packet_of(places: &Places, offset: usize) -> Option<(u64, bool)> {
        places.find(offset).map(|place| (place.packet, place.is_exact))
    }

    #[test]
    fn a_byte_is_found_in_the_packet_that_brought_it() {
        let mut places = Places::default();
        places.add(Range { start: 0, end: 10, packet: 3, byte: 5 }, None);
        places.add(Range { start: 10, end: 12, packet: 9, byte: 0 }, None);
        let place = |packet, byte| Some(Place { packet, byte, is_exact: true });
        assert_eq!(places.find(0), place(3, 5));
        assert_eq!(places.find(9), place(3, 14));
        assert_eq!(places.find(11), place(9, 1));
        assert_eq!(places.end(9), Place { packet: 9, byte: 2, is_exact: true });
        assert_eq!(places.end(10), Place { packet: 10, byte: 0, is_exact: true });
        places.forget_before(11);
        assert_eq!(places.find(9), None);
        assert_eq!(places.find(11), place(9, 1));
    }

    #[test]
    fn a_frame_of_many_packets_keeps_its_first_and_its_last() {
        let mut places = Places::default();
        (0..10_000).for_each(|offset| places.add(byte(offset), None));
        assert!(places.held_bytes() <= 2 * RANGES_MAX * size_of::<Range>());
        assert_eq!(packet_of(&places, 5), Some((6, true)));
        assert_eq!(packet_of(&places, 9_999), Some((10_000, true)));
        assert_eq!(packet_of(&places, 5_000), Some((1024, false)));
        places.forget_before(9_990);
        assert_eq!(packet_of(&places, 9_995), Some((9_996, true)));
        (10_000..12_000).for_each(|offset| places.add(byte(offset), None));
        assert_eq!(packet_of(&places, 9_995), Some((9_996, true)));
    }

    #[test]
    fn a_part_that_is_passed_through_takes_no_memory() {
        let mut places = Places::default();
        places.add(byte(0), None);
        (1..10_000).for_each(|offset| places.add(byte(offset), Some(1)));
        assert_eq!(places.held_bytes(), 2 * size_of::<Range>());
        assert_eq!(packet_of(&places, 0), Some((1, true)));
        assert_eq!(packet_of(&places, 9_999), Some((10_000, true)));
    }
}
