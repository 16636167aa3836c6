//! IP fragments, put together again. It keeps a few packets at once and forgets the oldest.

use std::collections::VecDeque;

use etherparse::IpNumber;
use etherparse::defrag::IpDefragBuf;

use crate::packet::{Fragment, FragmentKey};

/// So many packets are put together at once, of at most 64 KiB each.
const PACKETS_MAX: usize = 32;

/// Packets of which some fragments have come.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    /// The oldest first.
    begun: VecDeque<(FragmentKey, IpDefragBuf, u64)>,
    /// How many fragments were of no use.
    dropped: u64,
}

impl Fragments {
    /// How many fragments were of no use: others of their packet are missing, or contradict them.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped + self.begun.iter().map(|(_, _, count)| count).sum::<u64>()
    }

    /// Take in a fragment. Gives the packet's content if it was the last that was missing.
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
