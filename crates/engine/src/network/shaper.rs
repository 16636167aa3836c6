//! What a network does to one direction of a stream: takes bytes, silences and an end, and returns actions.
//!
//! It knows no sockets, no clock and no other direction, and never waits. The caller carries out the actions in
//! order.

use std::mem;
use std::time::Duration;

use model::case::Kind;
use model::observation::Direction;

use super::Disturbance;
use super::seeded::Seeded;

/// How far into a direction `bytewise` and `random` cut. The rest is forwarded in pieces of up to 64 KiB:
/// cutting a long body would take very long and test nothing new.
const CUT_BYTES: usize = 4096;

/// One action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Send these bytes, at once and in one piece.
    Write(Vec<u8>),
    /// Continue only when the receiver has read everything that was sent.
    AwaitRead,
    /// Send what follows this long after it arrived, not at once.
    Delay(Duration),
    /// The fault happens.
    Fault(Fault),
    /// End the stream.
    End,
}

/// The fault of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Both directions end.
    Cut,
    /// The connection is reset.
    Reset,
    /// Nothing is forwarded any more, in either direction.
    Stall,
    /// This direction ends.
    HalfClose,
    /// A bit of the next bytes is changed.
    Flip,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Shaper {
    plan: Plan,
    /// The number of bytes so far.
    count: usize,
    /// The last of them, if they are held.
    held: Vec<u8>,
    actions: Vec<Action>,
}

#[derive(Debug)]
enum Plan {
    AsIs,
    Bytewise,
    /// With the next place to cut at.
    Random(Seeded, usize),
    Coalesced,
    Delayed(Seeded),
    /// Where to cut, and how many of these places were reached.
    Split(Vec<usize>, usize),
    /// A fault before the byte with this number.
    Break(Fault, usize),
    /// Exclusive-or this byte with this value.
    Flip(usize, u8),
    /// The fault has happened: no more is sent.
    Over,
}

impl Shaper {
    /// The shaper for `disturbance` in this direction of the connection with this number.
    pub(super) fn new(disturbance: &Disturbance, direction: Direction, connection: u32) -> Self {
        let user = u64::from(connection) * 2 + u64::from(direction == Direction::ToClient);
        let mut seeded = Seeded::new(disturbance.seed, user);
        let plan = match &disturbance.network.kind {
            _ if !disturbance.network.way.concerns(direction) => Plan::AsIs,
            Kind::Bytewise => Plan::Bytewise,
            Kind::Random => {
                let first = seeded.segment_bytes();
                Plan::Random(seeded, first)
            }
            Kind::Coalesced => Plan::Coalesced,
            Kind::Delayed => Plan::Delayed(seeded),
            Kind::Split(places) => Plan::Split(places.clone(), 0),
            Kind::Cut(at) => Plan::Break(Fault::Cut, *at),
            Kind::Reset(at) => Plan::Break(Fault::Reset, *at),
            Kind::Stall(at) => Plan::Break(Fault::Stall, *at),
            Kind::HalfClose(at) => Plan::Break(Fault::HalfClose, *at),
            Kind::Flip(at) => Plan::Flip(*at, 1 << (disturbance.seed % 8)),
            // The receiver is what is slow.
            Kind::AsIs
            | Kind::Slow
            | Kind::Drop(_)
            | Kind::Dup(_)
            | Kind::Reorder(_)
            | Kind::Truncate(_) => Plan::AsIs,
        };
        Self { plan, count: 0, held: Vec::new(), actions: Vec::new() }
    }

    /// The connection is open, and no data have arrived.
    pub(super) fn open(&mut self) -> Vec<Action> {
        if let Plan::Break(fault, 0) = self.plan {
            self.happen(fault);
        }
        mem::take(&mut self.actions)
    }

    /// These bytes arrived in one piece.
    pub(super) fn bytes(&mut self, mut bytes: &[u8]) -> Vec<Action> {
        if let Plan::Delayed(seeded) = &mut self.plan {
            self.actions.push(Action::Delay(seeded.delay()));
        }
        while !bytes.is_empty() {
            let place = self.place();
            let room = place.map_or(usize::MAX, |place| place - self.count);
            let (piece, rest) = bytes.split_at(room.min(bytes.len()));
            self.take(piece);
            self.count += piece.len();
            if place == Some(self.count) {
                self.reach();
            }
            bytes = rest;
        }
        mem::take(&mut self.actions)
    }

    /// Whether bytes are held.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// The number of held bytes.
    pub(super) const fn held_bytes(&self) -> usize {
        self.held.len()
    }

    /// No more data arrive now: sends what is held.
    pub(super) fn release(&mut self) -> Vec<Action> {
        self.send_held();
        mem::take(&mut self.actions)
    }

    /// The sender has ended its stream.
    pub(super) fn end(&mut self) -> Vec<Action> {
        self.send_held();
        self.actions.push(Action::End);
        mem::take(&mut self.actions)
    }

    /// The next place of an action. It is never before the bytes so far, nor at their end.
    fn place(&self) -> Option<usize> {
        match &self.plan {
            Plan::Bytewise if self.count < CUT_BYTES => Some(self.count + 1),
            Plan::Random(_, next) if self.count < CUT_BYTES => Some((*next).min(CUT_BYTES)),
            Plan::Split(places, reached) => places.get(*reached).copied(),
            Plan::Break(_, at) => Some(*at),
            _ => None,
        }
    }

    /// Takes bytes before the next place.
    fn take(&mut self, piece: &[u8]) {
        match &self.plan {
            Plan::Over => return,
            Plan::Flip(at, bit) if (self.count..self.count + piece.len()).contains(at) => {
                let (at, bit) = (at - self.count, bit);
                let flip = |(nth, byte): (usize, &u8)| if nth == at { byte ^ bit } else { *byte };
                self.held.extend(piece.iter().enumerate().map(flip));
                self.actions.push(Action::Fault(Fault::Flip));
            }
            _ => self.held.extend_from_slice(piece),
        }
        let waits = match &self.plan {
            Plan::Coalesced => true,
            Plan::Split(..) => self.place().is_some(),
            _ => false,
        };
        if !waits {
            self.send_held();
        }
    }

    /// The next place is reached.
    fn reach(&mut self) {
        self.send_held();
        self.actions.push(Action::AwaitRead);
        match &mut self.plan {
            Plan::Random(seeded, next) => *next += seeded.segment_bytes(),
            Plan::Split(_, reached) => *reached += 1,
            Plan::Break(fault, _) => {
                let fault = *fault;
                self.happen(fault);
            }
            _ => {}
        }
    }

    fn happen(&mut self, fault: Fault) {
        self.actions.push(Action::Fault(fault));
        self.plan = Plan::Over;
    }

    fn send_held(&mut self) {
        if self.holds() {
            self.actions.push(Action::Write(mem::take(&mut self.held)));
        }
    }
}

#[cfg(test)]
mod tests {
    use model::case::Network;

    use super::*;

    fn shaper(kind: Kind) -> Shaper {
        let disturbance = Disturbance::new(Network::both(kind), 3);
        Shaper::new(&disturbance, Direction::ToClient, 0)
    }

    /// The actions for these pieces and then the end.
    fn all(kind: Kind, pieces: &[&str]) -> Vec<Action> {
        let mut shaper = shaper(kind);
        let mut actions = shaper.open();
        for piece in pieces {
            actions.extend(shaper.bytes(piece.as_bytes()));
        }
        actions.extend(shaper.end());
        actions
    }

    fn write(text: &str) -> Action {
        Action::Write(text.into())
    }

    fn written(actions: &[Action]) -> Vec<u8> {
        let bytes = |action: &Action| match action {
            Action::Write(bytes) => bytes.clone(),
            _ => Vec::new(),
        };
        actions.iter().flat_map(bytes).collect()
    }

    use Action::{AwaitRead, End};

    #[test]
    fn as_is_passes_each_piece() {
        assert_eq!(all(Kind::AsIs, &["ab", "c"]), [write("ab"), write("c"), End]);
    }

    #[test]
    fn bytewise_waits_after_each_byte() {
        let expected = [write("a"), AwaitRead, write("b"), AwaitRead, End];
        assert_eq!(all(Kind::Bytewise, &["ab"]), expected);
    }

    #[test]
    fn bytewise_passes_a_long_stream_as_it_comes_after_its_first_4096_bytes() {
        let long = "x".repeat(CUT_BYTES + 5000);
        let actions = all(Kind::Bytewise, &[&long]);
        assert_eq!(actions.len(), 2 * CUT_BYTES + 2);
        assert_eq!(actions[2 * CUT_BYTES], write(&"x".repeat(5000)));
        assert_eq!(written(&actions), long.as_bytes());
    }

    #[test]
    fn random_cuts_at_the_same_places_however_the_bytes_come() {
        let text = "0123456789".repeat(600);
        let cuts = |pieces: &[&str]| {
            let (mut cuts, mut count) = (Vec::new(), 0);
            for action in all(Kind::Random, pieces) {
                match action {
                    Action::Write(bytes) => count += bytes.len(),
                    AwaitRead => cuts.push(count),
                    _ => {}
                }
            }
            (cuts, count)
        };
        let (whole, count) = cuts(&[&text]);
        assert_eq!(count, text.len());
        assert_eq!(whole.last(), Some(&CUT_BYTES));
        let (one, other) = text.split_at(1234);
        assert_eq!(cuts(&[one, other]).0, whole);
        // It holds nothing: data are forwarded as they arrive.
        assert_eq!(written(&shaper(Kind::Random).bytes(b"abc")), b"abc");
    }

    #[test]
    fn coalesced_holds_everything_until_the_end_or_a_silence() {
        assert_eq!(all(Kind::Coalesced, &["a", "b", "c"]), [write("abc"), End]);
        let mut shaper = shaper(Kind::Coalesced);
        assert!(shaper.bytes(b"ab").is_empty() && shaper.holds());
        assert_eq!(shaper.release(), [write("ab")]);
        assert!(!shaper.holds() && shaper.release().is_empty());
    }

    #[test]
    fn delayed_says_how_long_each_piece_takes() {
        let actions = all(Kind::Delayed, &["ab", "c"]);
        let [Action::Delay(one), first, Action::Delay(other), second, End] = &actions[..] else {
            panic!("{actions:?}");
        };
        assert_eq!([first, second], [&write("ab"), &write("c")]);
        assert_ne!(one, other);
        assert_eq!(actions, all(Kind::Delayed, &["ab", "c"]), "by the seed");
    }

    #[test]
    fn split_merges_up_to_each_place_and_passes_what_comes_after_the_last() {
        let actions = all(Kind::Split(vec![3, 5]), &["a", "b", "cd", "efg", "h"]);
        let expected =
            [write("abc"), AwaitRead, write("de"), AwaitRead, write("fg"), write("h"), End];
        assert_eq!(actions, expected);
    }

    #[test]
    fn split_beyond_the_end_is_one_segment() {
        assert_eq!(all(Kind::Split(vec![9]), &["a", "b"]), [write("ab"), End]);
    }

    #[test]
    fn split_lets_go_in_a_silence_and_still_cuts_at_its_place() {
        let mut shaper = shaper(Kind::Split(vec![3]));
        assert!(shaper.bytes(b"ab").is_empty());
        assert_eq!(shaper.release(), [write("ab")]);
        assert_eq!(shaper.bytes(b"cd"), [write("c"), AwaitRead, write("d")]);
    }

    #[test]
    fn a_fault_happens_before_its_byte_and_nothing_is_sent_after_it() {
        for (kind, fault) in [
            (Kind::Cut(3), Fault::Cut),
            (Kind::Reset(3), Fault::Reset),
            (Kind::Stall(3), Fault::Stall),
            (Kind::HalfClose(3), Fault::HalfClose),
        ] {
            let expected = [write("ab"), write("c"), AwaitRead, Action::Fault(fault), End];
            assert_eq!(all(kind, &["ab", "cde", "f"]), expected);
        }
    }

    #[test]
    fn a_fault_at_0_happens_before_anything_came() {
        assert_eq!(shaper(Kind::Cut(0)).open(), [Action::Fault(Fault::Cut)]);
    }

    #[test]
    fn a_fault_at_the_end_happens_before_the_end_is_passed_on() {
        let expected = [write("abc"), AwaitRead, Action::Fault(Fault::Reset), End];
        assert_eq!(all(Kind::Reset(3), &["abc"]), expected);
    }

    #[test]
    fn a_fault_beyond_the_end_does_not_happen() {
        assert_eq!(all(Kind::Cut(4), &["abc"]), [write("abc"), End]);
        assert_eq!(all(Kind::Flip(3), &["abc"]), [write("abc"), End]);
    }

    #[test]
    fn flip_inverts_the_bit_of_the_seed_in_one_byte() {
        let flipped = Action::Write(vec![b'c', b'd' ^ 8, b'e', b'f']);
        let expected = [write("ab"), Action::Fault(Fault::Flip), flipped, End];
        assert_eq!(all(Kind::Flip(3), &["ab", "cdef"]), expected);
    }

    #[test]
    fn what_goes_the_other_way_passes_as_it_comes() {
        let disturbance = Disturbance::new(Network::up(Kind::Bytewise), 3);
        let mut shaper = Shaper::new(&disturbance, Direction::ToClient, 0);
        assert_eq!(shaper.bytes(b"ab"), [write("ab")]);
    }
}
