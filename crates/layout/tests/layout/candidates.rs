//! Which frame comes next, where several may come.

use layout::{Encoding, Part, Size, Trouble};

use crate::build::*;

fn names(layout: &layout::Layout, stream: &[u8]) -> Vec<String> {
    let reading = read(layout, stream);
    assert_eq!(reading.trouble, None);
    let name = |frame: &layout::FrameRead| layout.frames[frame.frame].name.clone();
    reading.frames.iter().map(name).collect()
}

#[test]
fn a_repeated_frame_goes_on_until_another_matches() {
    let layout = layout(vec![
        frame("hello", vec![constant("c", b"hi")]),
        frame("item*", vec![constant("c", b"+"), number("n", "B")]),
        frame("note*", vec![constant("c", b"?"), number("n", "B")]),
        frame("end", vec![constant("c", b".")]),
    ]);
    assert_eq!(names(&layout, b"hi+a+b?c."), ["hello", "item", "item", "note", "end"]);
    assert_eq!(names(&layout, b"hi."), ["hello", "end"]);
    let back = read(&layout, b"hi?a+b.");
    assert_eq!(back.trouble.unwrap().at, 4, "no item behind a note");
}

#[test]
fn of_two_frames_that_match_the_first_that_is_whole_is_it() {
    let short = frame("short*", vec![bytes("b", Size::Fixed(2))]);
    let long = frame("long*", vec![bytes("b", Size::Fixed(3))]);
    assert_eq!(names(&layout(vec![long.clone(), short.clone()]), b"abcd"), ["short", "short"]);
    let same = frame("same*", vec![bytes("b", Size::Fixed(2))]);
    assert_eq!(names(&layout(vec![same, short]), b"abcd"), ["same", "same"]);
}

#[test]
fn a_frame_that_fails_late_leaves_the_other() {
    let dict = frame("dict*", vec![number("n", "B"), json("d", of("n"))]);
    let line = frame("text*", vec![Part::new("t", text_until(b"\n".to_vec()))]);
    let layout = layout(vec![dict, line]);
    assert_eq!(names(&layout, b"\x02{}\x02 x is no JSON\n"), ["dict", "text"]);
}

#[test]
fn where_no_frame_matches_the_one_that_came_farthest_is_blamed() {
    let layout = layout(vec![
        frame("one*", vec![constant("c", b"abc")]),
        frame("two*", vec![constant("c", b"abd"), constant("e", b"!")]),
        frame("three*", vec![constant("c", b"x")]),
    ]);
    let error = read(&layout, b"abd?").trouble.unwrap();
    assert_eq!(error.to_string(), "two.e at byte 3: expected 0x21, found 0x3f");
    let error = read(&layout, b"abx").trouble.unwrap();
    assert_eq!((error.frame.as_deref(), error.at), (Some("one"), 2), "the first of two");
}

#[test]
fn a_frame_of_no_bytes_again_and_again_is_refused() {
    let empty = layout(vec![frame("f*", vec![bytes("b", Size::Fixed(0))])]);
    assert_eq!(read(&empty, b"a").trouble.unwrap().trouble, Trouble::EmptyFrame);
    assert_eq!(read(&empty, b"").trouble, None);
    let once = layout(vec![
        frame("none", vec![bytes("b", Size::Fixed(0))]),
        frame("rest", vec![text("t", Size::Rest, Encoding::Utf8)]),
    ]);
    assert_eq!(names(&once, b"a"), ["none", "rest"]);
}

#[test]
fn a_turn_decides_between_frames_that_wait_for_it_and_those_that_do_not() {
    let layout = layout(vec![
        frame("line*", vec![Part::new("t", text_until(b"\n".to_vec()))]),
        frame("talk*", vec![text("t", Size::Turn, Encoding::Utf8)]),
        frame("bye", vec![constant("c", b"bye!")]),
    ]);
    let reading = read_turns(&layout, b"one\ntwo, threebye!", &[9, 14]);
    assert_eq!(reading.trouble, None);
    let ends: Vec<_> = reading.frames.iter().map(|read| (read.frame, read.end())).collect();
    assert_eq!(ends, [(0, 4), (1, 9), (1, 14), (2, 18)]);
}

#[test]
fn an_undecided_frame_at_the_end_is_the_first_that_can_end_there() {
    let layout = layout(vec![
        frame("long*", vec![bytes("b", Size::Fixed(3))]),
        frame("rest", vec![bytes("b", Size::Rest)]),
    ]);
    assert_eq!(names(&layout, b"abcab"), ["long", "rest"]);
    let reading = layout::read(&layout, layout::Direction::ToServer, b"abcab", &[], false);
    assert_eq!(reading.frames.len(), 2);
    assert!(!reading.frames[1].is_whole);
}
