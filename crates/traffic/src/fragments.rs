//! Reassembles IP fragments. It keeps a few packets at once and forgets the oldest.

use std::collections::VecDeque;

use etherparse::IpNumber;
use etherparse::defrag::IpDefragBuf;

use crate::packet::{Fragment, FragmentKey};

/// How many packets are reassembled at once. Each has at most 64 KiB.
const PACKETS_MAX: usize = 32;

/// Packets with some of their fragments.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    /// The oldest first.
    begun: VecDeque<(FragmentKey, IpDefragBuf, u64)>,
    /// The number of unused fragments.
    dropped: u64,
}

impl Fragments {
    /// The number of unused fragments: other fragments of their packet are missing or contradict them.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped + self.begun.iter().map(|(_, _, count)| count).sum::<u64>()
    }

    /// Adds a fragment. Returns the packet's content if this was the last missing one.
    pub(crate) fn add(&mut self, fragment: &Fragment<'_>) -> Option<(IpNumber, Vec<u8>)> {
        let key = fragment.key;
        if !fragment.is_whole {
            self.dropped += 1;
            return None;
        }
        let at = self.begun.iter().position(|(begun, ..)| *begun == key);
        let mut packet = at
            .and_then(|at| self.begun.remove(at))
            .unwrap_or_else(|| (key, IpDefragBuf::new(key.protocol, Vec::new(), Vec::new()), 0));
        packet.2 += 1;
        if packet.1.add(fragment.offset, fragment.has_more, fragment.payload).is_err() {
            self.dropped += packet.2;
            return None;
        }
        if packet.1.is_complete() {
            return Some((key.protocol, packet.1.take_bufs().0));
        }
        if self.begun.len() == PACKETS_MAX
            && let Some((.., count)) = self.begun.pop_front()
        {
            self.dropped += count;
        }
        self.begun.push_back(packet);
        None
    }
}
