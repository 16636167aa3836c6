//! Mistakes in the table itself.

use layout::{DigestKind, Encoding, Item, Part, Size};

use crate::build::*;

fn shown(layout: &layout::Layout) -> Vec<(Option<usize>, Option<usize>, String)> {
    let problems = layout.problems().into_iter();
    problems.map(|problem| (problem.frame, problem.part, problem.to_string())).collect()
}

#[test]
fn a_sound_layout_has_no_problems() {
    assert_eq!(request().problems(), []);
    let named = structure("head", "!II", &["dict", "body"]);
    let parts = vec![named, json("dict", of("dict")), bytes("body", of("body"))];
    assert_eq!(layout(vec![frame("f", parts)]).problems(), []);
}

#[test]
fn each_problem_names_its_frame_and_part() {
    let word = || text("word", Size::Fixed(2), Encoding::Utf8);
    for (parts, part, message) in [
        (vec![], None, "expected at least one part"),
        (vec![word(), word()], Some(1), "expected a name of its own, found a second word"),
        (
            vec![bytes("b", of("c")), number("c", "B")],
            Some(0),
            "expected an earlier part, field or key for the size, found c",
        ),
        (
            vec![number("n", "B"), bytes("b", of("n.x"))],
            Some(1),
            "expected an earlier part, field or key for the size, found n.x",
        ),
        (
            vec![word(), bytes("b", of("word"))],
            Some(1),
            "expected a number for the size, found word, which is text",
        ),
        (
            vec![structure("n", "2B", &["x", "y"]), bytes("b", of("n"))],
            Some(1),
            "expected a number for the size, found n, which is several",
        ),
        (
            vec![structure("n", "2B", &["x"])],
            Some(0),
            "expected 2 fields, as the format has values, found 1",
        ),
        (
            vec![structure("n", "2B", &["x", "x"])],
            Some(0),
            "expected a name of its own, found a second x",
        ),
        (
            vec![Part::new("l", text_until(Vec::new()))],
            Some(0),
            "expected a delimiter, found an empty one",
        ),
        (
            vec![bytes("b", Size::Rest), word()],
            Some(0),
            "expected nothing behind a part that goes on to the end of the stream, found word",
        ),
        (
            vec![with_digest(word(), "gone", "word", DigestKind::Md5)],
            Some(0),
            "expected a part, field or key that holds the checksum, found gone",
        ),
        (
            vec![with_digest(word(), "word", "gone", DigestKind::Md5)],
            Some(0),
            "expected the name of a part that the checksum is of, found gone",
        ),
    ] {
        let layout = layout(vec![frame("good", vec![word()]), frame("bad", parts)]);
        assert_eq!(shown(&layout), [(Some(1), part, message.to_owned())]);
    }
}

#[test]
fn a_second_frame_of_a_name_and_a_frame_that_is_not_there_are_problems() {
    let one = || frame("f", vec![number("n", "B")]);
    let mut layout = layout(vec![one(), one()]);
    layout.to_client.push(Item { frame: 7, repeats: false });
    let expected = [
        (Some(1), None, "expected a name of its own, found a second f".to_owned()),
        (None, None, "expected the index of a frame, found 7".to_owned()),
    ];
    assert_eq!(shown(&layout), expected);
}
