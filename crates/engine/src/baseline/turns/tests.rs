//! Tests of the order of sending, with handmade logs.

use std::time::Duration;

use model::observation::{WireEvent, WireItem};
use model::{Clause, Expected, Input, RightError, Vector};

use super::*;
use Direction::{ToClient, ToServer};

/// A scenario that defines only what it masks, and whether cuts matter.
struct Plain {
    /// The masked bytes in the direction to the client.
    masked: Option<Range<usize>>,
    cuts_mean_nothing: bool,
}

const PLAIN: Plain = Plain { masked: None, cuts_mean_nothing: true };

impl Scenario for Plain {
    fn name(&self) -> &str {
        "plain"
    }

    fn summary(&self) -> &str {
        "a log"
    }

    fn reference(&self) -> &str {
        "reference"
    }

    fn transports(&self) -> &[model::case::Transport] {
        &[model::case::Transport::Tcp4]
    }

    fn clauses(&self) -> &[Clause] {
        &[]
    }

    fn vectors(&self) -> Vec<Vector> {
        Vec::new()
    }

    fn generators(&self) -> Vec<model::Generator> {
        Vec::new()
    }

    fn right(&self, _: &Input) -> Result<Expected, RightError> {
        unreachable!("nothing is played")
    }

    fn cuts_mean_nothing(&self, _: Direction) -> bool {
        self.cuts_mean_nothing
    }

    fn masked(&self, place: Place, _: model::Said<'_>) -> Vec<Range<usize>> {
        let is_masked = place == Place::Stream(ToClient);
        self.masked.clone().filter(|_| is_masked).into_iter().collect()
    }
}

fn event(connection: u32, direction: Direction, what: WireItem) -> WireEvent {
    WireEvent { at: Duration::ZERO, connection, direction, what }
}

fn said(direction: Direction, text: &str) -> WireEvent {
    event(0, direction, WireItem::Segment(text.into()))
}

fn given(direction: Direction, text: &str) -> WireEvent {
    event(0, direction, WireItem::Delivered(text.into()))
}

fn log(events: impl Into<Vec<WireEvent>>) -> WireLog {
    WireLog { events: events.into() }
}

fn stream() -> Wire {
    Wire::stream(Vec::new())
}

fn datagrams() -> Wire {
    Wire::Datagrams(Vec::new())
}

/// The reference: a line of three bytes, its answer of two, and the same again.
fn two_turns() -> WireLog {
    log([said(ToServer, "one"), said(ToClient, "AB"), said(ToServer, "two"), said(ToClient, "CD")])
}

fn heard(log: &WireLog) -> Turns {
    Turns::heard(&PLAIN, &stream(), log)
}

fn early(turns: &Turns, form: &Wire, log: &WireLog) -> Option<Early> {
    first_early(turns, &[Role::Client], &PLAIN, form, log, Given::Noted)
}

#[test]
fn each_byte_needs_what_its_sender_had_been_sent_when_the_reference_sent_it() {
    let turns = heard(&two_turns());
    let needs = |direction, offsets: Range<usize>| {
        offsets.map(|at| turns.needs(direction, at)).collect::<Vec<_>>()
    };
    assert_eq!(needs(ToServer, 0..7), [0, 0, 0, 2, 2, 2, 2]);
    assert_eq!(needs(ToClient, 0..5), [3, 3, 6, 6, 6]);
}

#[test]
fn of_two_plays_the_lesser_need_counts_at_each_byte() {
    let at_once = heard(&log([said(ToServer, "onet"), said(ToClient, "AB"), said(ToServer, "wo")]));
    let least = heard(&two_turns()).least(&at_once);
    assert_eq!([2, 3, 4, 5].map(|at| least.needs(ToServer, at)), [0, 0, 2, 2]);
    assert_eq!(least, at_once.least(&heard(&two_turns())));
}

#[test]
fn what_was_sent_without_waiting_is_early_and_what_waited_is_not() {
    let turns = heard(&two_turns());
    assert_eq!(early(&turns, &stream(), &two_turns()), None);
    let in_pieces = log([
        said(ToServer, "o"),
        said(ToServer, "ne"),
        said(ToClient, "A"),
        said(ToClient, "B"),
        said(ToServer, "two"),
    ]);
    assert_eq!(early(&turns, &stream(), &in_pieces), None);
    let found = Early { role: Role::Client, at: 3, had: 0, needs: 2 };
    for hasty in [
        log([said(ToServer, "one"), said(ToServer, "two"), said(ToClient, "ABCD")]),
        log([said(ToServer, "onetwo"), said(ToClient, "ABCD")]),
    ] {
        assert_eq!(early(&turns, &stream(), &hasty), Some(found), "{hasty:?}");
    }
    let after_half_an_answer =
        log([said(ToServer, "one"), said(ToClient, "A"), said(ToServer, "two")]);
    assert_eq!(early(&turns, &stream(), &after_half_an_answer), Some(Early { had: 1, ..found }));
}

#[test]
fn only_the_roles_that_take_turns_are_held_to_them() {
    let turns = heard(&two_turns());
    let hasty = log([said(ToServer, "onetwo"), said(ToClient, "ABCD")]);
    assert_eq!(first_early(&turns, &[Role::Server], &PLAIN, &stream(), &hasty, Given::Heard), None);
    let speaks_first = log([said(ToClient, "AB"), said(ToServer, "one")]);
    let found =
        first_early(&turns, &[Role::Server], &PLAIN, &stream(), &speaks_first, Given::Heard);
    assert_eq!(found, Some(Early { role: Role::Server, at: 0, had: 0, needs: 3 }));
}

#[test]
fn where_deliveries_are_noted_an_answer_that_is_under_way_has_not_been_given() {
    let turns = heard(&two_turns());
    let under_way = [said(ToServer, "one"), said(ToClient, "AB"), said(ToServer, "two")];
    assert_eq!(early(&turns, &stream(), &log(under_way.clone())), None);
    let late = [&under_way[..], &[given(ToClient, "AB")]].concat();
    let late = log(late);
    assert!(early(&turns, &stream(), &late).is_some());
    // What was only heard may have been received.
    assert_eq!(first_early(&turns, &[Role::Client], &PLAIN, &stream(), &late, Given::Heard), None);
    let [one, answer, two] = under_way;
    let waited = log([one, answer, given(ToClient, "AB"), two]);
    assert_eq!(early(&turns, &stream(), &waited), None);
}

#[test]
fn a_reference_over_a_late_network_needs_what_was_passed_on_to_it() {
    let late = log([
        said(ToServer, "one"),
        said(ToClient, "AB"),
        said(ToServer, "t"),
        given(ToClient, "AB"),
        said(ToServer, "wo"),
    ]);
    let turns = Turns::passed_on(&PLAIN, &stream(), &late);
    assert_eq!([3, 4].map(|at| turns.needs(ToServer, at)), [0, 2]);
}

#[test]
fn masked_bytes_of_a_stream_do_not_count() {
    // The first two bytes of the answer differ between runs, also in number.
    let masking = |masked| Plain { masked: Some(masked), ..PLAIN };
    let reference = log([said(ToServer, "one"), said(ToClient, "..AB"), said(ToServer, "two")]);
    let turns = Turns::heard(&masking(0..2), &stream(), &reference);
    let needs = turns.needs(ToServer, 3);
    let shorter = log([said(ToServer, "one"), said(ToClient, ".AB"), said(ToServer, "two")]);
    let roles = &[Role::Client];
    assert_eq!(first_early(&turns, roles, &masking(0..1), &stream(), &shorter, Given::Heard), None);
    let hasty = log([said(ToServer, "one"), said(ToClient, ".A"), said(ToServer, "two")]);
    let found =
        first_early(&turns, roles, &masking(0..1), &stream(), &hasty, Given::Heard).unwrap();
    assert_eq!((found.had + 1, found.needs), (needs, needs));
}

#[test]
fn datagrams_count_one_by_one_whatever_their_length() {
    let reference =
        log([said(ToServer, "one"), said(ToClient, ""), said(ToServer, ""), said(ToClient, "B")]);
    let turns = Turns::heard(&PLAIN, &datagrams(), &reference);
    assert_eq!([0, 1, 2].map(|at| turns.needs(ToServer, at)), [0, 1, 1]);
    assert_eq!(early(&turns, &datagrams(), &reference), None);
    let hasty = log([said(ToServer, "one"), said(ToServer, ""), said(ToClient, "")]);
    let found = Early { role: Role::Client, at: 1, had: 0, needs: 1 };
    assert_eq!(early(&turns, &datagrams(), &hasty), Some(found));
}

#[test]
fn connections_that_run_beside_each_other_are_not_judged() {
    let hasty = [said(ToServer, "onetwo"), said(ToClient, "ABCD")];
    let other = |text: &str| event(1, ToServer, WireItem::Segment(text.into()));
    let interleaved = log([&[other("x")][..], &hasty].concat());
    let turns = heard(&two_turns());
    assert_eq!(early(&turns, &stream(), &interleaved), None);
    assert_eq!(early(&heard(&interleaved), &stream(), &log(hasty.clone())), None);
    // One connection after the other has an order.
    let in_turn = log([&hasty[..], &[other("x")]].concat());
    assert!(early(&turns, &stream(), &in_turn).is_some());
}

#[test]
fn where_cuts_mean_something_the_first_part_of_a_message_is_all_that_is_waited_for() {
    let turns = |cuts_mean_nothing| {
        let scenario = Plain { cuts_mean_nothing, ..PLAIN };
        heard(&two_turns()).by_first_parts(&scenario, &stream())
    };
    assert_eq!(turns(true), heard(&two_turns()));
    assert_eq!([0, 3].map(|at| turns(false).needs(ToServer, at)), [0, 1]);
    assert_eq!([0, 2].map(|at| turns(false).needs(ToClient, at)), [1, 4]);
    let whole = heard(&two_turns());
    assert_eq!(whole.clone().by_first_parts(&PLAIN, &datagrams()), whole);
}
