//! How much each sender had received when it sent something.
//!
//! A program takes turns if it waits as the reference does. Before it sends a byte, it must have received as
//! much as the reference had received when the reference sent that byte. A masked range counts as one byte, as
//! its length may differ. Datagrams are counted one by one.

use std::collections::BTreeSet;
use std::ops::Range;

use model::mask::{Place, unmasked_offset};
use model::observation::{Direction, Role, WireItem, WireLog};
use model::{Breaks, Said, Scenario, Wire};
use serde::{Deserialize, Serialize};

/// For each direction, how much of the other direction came first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Turns {
    to_server: Vec<Turn>,
    to_client: Vec<Turn>,
    /// Whether the connections of a play ran in parallel. Then there is no order to check.
    is_interleaved: bool,
}

/// From the offset `from` on, a sender had received `needs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Turn {
    from: usize,
    needs: usize,
}

/// Something that was sent too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Early {
    pub(crate) role: Role,
    /// The offset of what was sent.
    pub(crate) at: usize,
    /// How much its sender had received by then.
    pub(crate) had: usize,
    /// How much the reference had received by then.
    pub(crate) needs: usize,
}

impl Early {
    /// The message. `form` says what is counted.
    pub(crate) fn told(&self, form: &Wire) -> String {
        let Self { role, at, had, needs } = self;
        let unit = if matches!(form, Wire::Stream(_)) { "byte" } else { "datagram" };
        format!(
            "turns: the {role} sends {unit} {at} after it has received {had} {unit}s; the reference had received \
             {needs} by then"
        )
    }
}

/// The event that counts as the receiver having received something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Given {
    /// The recorder has heard the data. The receiver may not have it yet. This rule never blames a receiver
    /// that may have it.
    Heard,
    /// The recorder has forwarded the data. The receiver may have had it a moment earlier.
    PassedOn,
    /// The recorder has forwarded the data, on a connection where it records that; otherwise, it has heard
    /// them. One future forwards, records and hears: it records no answer before it has recorded the data that
    /// were answered.
    Noted,
}

impl Turns {
    /// The turns of a play over a network that forwards everything at once.
    #[must_use]
    pub(crate) fn heard(scenario: &dyn Scenario, form: &Wire, log: &WireLog) -> Self {
        Self::of(scenario, form, log, Given::Heard)
    }

    /// The turns of a play over a network that delays everything. Such a network reveals what was sent without
    /// waiting.
    #[must_use]
    pub(crate) fn passed_on(scenario: &dyn Scenario, form: &Wire, log: &WireLog) -> Self {
        Self::of(scenario, form, log, Given::PassedOn)
    }

    fn of(scenario: &dyn Scenario, form: &Wire, log: &WireLog, given: Given) -> Self {
        let mut turns = Self { is_interleaved: is_interleaved(log), ..Self::default() };
        for sent in Sendings::of(scenario, form, log, given) {
            let way = turns.way_mut(sent.direction);
            if !sent.range.is_empty() && way.last().is_none_or(|last| last.needs < sent.had) {
                way.push(Turn { from: sent.range.start, needs: sent.had });
            }
        }
        turns
    }

    /// The common turns of two plays: at each offset the smaller amount received.
    #[must_use]
    pub(crate) fn least(&self, other: &Self) -> Self {
        Self {
            to_server: least(&self.to_server, &other.to_server),
            to_client: least(&self.to_client, &other.to_client),
            is_interleaved: self.is_interleaved || other.is_interleaved,
        }
    }

    /// The turns of programs that take the first part of a message for the whole message, where cuts matter.
    /// They need only one byte of the last message that the reference had received.
    #[must_use]
    pub(crate) fn by_first_parts(mut self, scenario: &dyn Scenario, form: &Wire) -> Self {
        if matches!(form, Wire::Stream(_)) {
            for direction in [Direction::ToServer, Direction::ToClient] {
                if !scenario.cuts_mean_nothing(opposite(direction)) {
                    let mut before = 0;
                    for turn in self.way_mut(direction) {
                        let first_part = turn.needs.min(before + 1);
                        before = std::mem::replace(&mut turn.needs, first_part);
                    }
                }
            }
        }
        self
    }

    /// How much the sender in this direction had received when it sent the byte at this offset.
    #[must_use]
    pub(crate) fn needs(&self, direction: Direction, at: usize) -> usize {
        let way = match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        };
        needs(way, at)
    }

    fn way_mut(&mut self, direction: Direction) -> &mut Vec<Turn> {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }
}

fn needs(way: &[Turn], at: usize) -> usize {
    way.iter().take_while(|turn| turn.from <= at).last().map_or(0, |turn| turn.needs)
}

fn least(one: &[Turn], other: &[Turn]) -> Vec<Turn> {
    let mut bounds: Vec<usize> = one.iter().chain(other).map(|turn| turn.from).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let lesser = |from| Turn { from, needs: needs(one, from).min(needs(other, from)) };
    let mut merged: Vec<Turn> = bounds.into_iter().map(lesser).collect();
    merged.dedup_by_key(|turn| turn.needs);
    merged.retain(|turn| turn.needs > 0);
    merged
}

/// The first thing that a program in one of these roles sent too early.
#[must_use]
pub(crate) fn first_early(
    turns: &Turns,
    roles: &[Role],
    scenario: &dyn Scenario,
    form: &Wire,
    log: &WireLog,
    given: Given,
) -> Option<Early> {
    if turns.is_interleaved || is_interleaved(log) {
        return None;
    }
    let sendings = Sendings::of(scenario, form, log, given);
    sendings.into_iter().find_map(|sent| {
        let role = sender(sent.direction);
        let needs = turns.needs(sent.direction, sent.range.end.saturating_sub(1));
        // A segment that ends in the middle of a masked range may add nothing to the count.
        let counts = !sent.range.is_empty();
        let is_early = counts && roles.contains(&role) && sent.had < needs;
        is_early.then(|| {
            let way = match sent.direction {
                Direction::ToServer => &turns.to_server,
                Direction::ToClient => &turns.to_client,
            };
            let first = way.iter().find(|turn| turn.needs > sent.had);
            let at = first.map_or(sent.range.start, |turn| turn.from.max(sent.range.start));
            Early { role, at, had: sent.had, needs: turns.needs(sent.direction, at) }
        })
    })
}

/// The role that sends in this direction.
pub(crate) const fn sender(direction: Direction) -> Role {
    match direction {
        Direction::ToServer => Role::Client,
        Direction::ToClient => Role::Server,
    }
}

/// A segment or a datagram. A masked range counts as one byte.
struct Sending {
    direction: Direction,
    range: Range<usize>,
    had: usize,
}

struct Sendings;

impl Sendings {
    fn of(scenario: &dyn Scenario, form: &Wire, log: &WireLog, given: Given) -> Vec<Sending> {
        let is_stream = matches!(form, Wire::Stream(_));
        let masked = [Direction::ToServer, Direction::ToClient]
            .map(|way| if is_stream { masked(scenario, way, log) } else { vec![] });
        let [masked_up, masked_down] = &masked;
        let counted_of = |direction, raw| match direction {
            Direction::ToServer => counted(raw, masked_up),
            Direction::ToClient => counted(raw, masked_down),
        };
        let length = |bytes: &model::blob::Blob| if is_stream { bytes.0.len() } else { 1 };
        let is_delivered = |what: &WireItem| matches!(what, WireItem::Delivered(_));
        let noting: BTreeSet<u32> = match given {
            Given::Heard => BTreeSet::new(),
            Given::PassedOn => log.events.iter().map(|event| event.connection).collect(),
            Given::Noted => {
                let delivered = log.events.iter().filter(|event| is_delivered(&event.what));
                delivered.map(|event| event.connection).collect()
            }
        };
        let (mut sent, mut given_by) = ([0, 0], [0, 0]);
        let mut all = Vec::new();
        for event in &log.events {
            let [up, down] = &mut sent;
            let [given_up, given_down] = &mut given_by;
            let (sent, given_to_other, had_from) = match event.direction {
                Direction::ToServer => (up, given_up, *given_down),
                Direction::ToClient => (down, given_down, *given_up),
            };
            match &event.what {
                WireItem::Segment(bytes) => {
                    let start = *sent;
                    *sent += length(bytes);
                    let other = opposite(event.direction);
                    let range =
                        counted_of(event.direction, start)..counted_of(event.direction, *sent);
                    all.push(Sending {
                        direction: event.direction,
                        range,
                        had: counted_of(other, had_from),
                    });
                    if !noting.contains(&event.connection) {
                        *given_to_other += length(bytes);
                    }
                }
                WireItem::Delivered(bytes) if noting.contains(&event.connection) => {
                    *given_to_other += length(bytes);
                }
                _ => {}
            }
        }
        all
    }
}

/// How much of a stream is before this offset: each byte that is not masked counts, and each masked range that is
/// complete.
fn counted(raw: usize, masked: &[Range<usize>]) -> usize {
    let complete = masked.iter().filter(|range| !range.is_empty() && range.end <= raw).count();
    unmasked_offset(raw, masked) + complete
}

const fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::ToServer => Direction::ToClient,
        Direction::ToClient => Direction::ToServer,
    }
}

/// The masked ranges of one direction in a log.
fn masked(scenario: &dyn Scenario, way: Direction, log: &WireLog) -> Vec<Range<usize>> {
    let (bytes, breaks) = (log.stream(way), Breaks::of(log, way));
    scenario.masked(Place::Stream(way), Said { bytes: &bytes, breaks: &breaks })
}

/// Whether there was traffic on a connection after there was traffic on a later one.
fn is_interleaved(log: &WireLog) -> bool {
    let moved = log.events.iter().filter(|event| matches!(event.what, WireItem::Segment(_)));
    !moved.map(|event| event.connection).is_sorted()
}

#[cfg(test)]
mod tests;
