//! Packets that a capture contains twice: Linux' `any` device sees loopback packets both going out and coming
//! in.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::packet::{Unlinked, Way};

/// How many outgoing packets are remembered.
const PACKETS_MAX: usize = 64;

/// The last outgoing packets.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    gone_out: VecDeque<u64>,
}

impl Copies {
    /// Whether this incoming packet went out a moment ago.
    pub(crate) fn has(&mut self, packet: Unlinked<'_>) -> bool {
        let Some(way) = packet.way else { return false };
        let mut hasher = DefaultHasher::new();
        packet.bytes.hash(&mut hasher);
        let hash = hasher.finish();
        match way {
            Way::Out => {
                if self.gone_out.len() == PACKETS_MAX {
                    self.gone_out.pop_front();
                }
                self.gone_out.push_back(hash);
                false
            }
            Way::In => {
                let at = self.gone_out.iter().position(|gone| *gone == hash);
                at.and_then(|at| self.gone_out.remove(at)).is_some()
            }
        }
    }
}
