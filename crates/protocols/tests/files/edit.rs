//! Edits of a protocol file: the rest keeps its owner's text, and the result reads back the same.

use super::common::{Home, WHOLE};
use model::case::InputId;
use model::{Input, Scenario, generated_input};
use proptest::prelude::*;
use protocols::{KnownFailure, keep, rewrite_known_failures};

fn failure(id: &str, reason: &str, symptom: &str) -> KnownFailure {
    KnownFailure { id: id.to_owned(), reason: reason.to_owned(), symptom: symptom.to_owned() }
}

fn kept(home: &Home, name: &str) -> Input {
    let protocol = home.read(home.text()).unwrap();
    protocol.vectors().into_iter().find(|vector| vector.name == name).unwrap().input
}

#[test]
fn a_list_that_stays_leaves_the_file_as_it_is() {
    for text in [
        WHOLE.to_owned(),
        format!("{WHOLE}\n[[expected]]\nid = 'b'\nreason='c' # x\nsymptom =  \"d\"\n"),
    ] {
        let home = Home::new();
        let protocol = home.read(&text).unwrap();
        rewrite_known_failures(&home.file(), protocol.known_failures()).unwrap();
        assert_eq!(home.text(), text);
    }
}

#[test]
fn entries_are_changed_where_they_stand_and_comments_stay() {
    let home = Home::new();
    home.read(WHOLE).unwrap();
    let list = [
        failure("upload/python->python/tcp4/split@1/x", "recv(4) is not looped", "client-exit"),
        failure("upload/python->python/tcp4/split@2/x", "recv(4) is not looped", "client-exit"),
        failure("new", "", "to-server"),
    ];
    rewrite_known_failures(&home.file(), &list).unwrap();
    let text = home.text();
    let (before, _) = WHOLE.split_once("[[expected]]").unwrap();
    assert!(text.starts_with(before), "{text}");
    assert!(text.ends_with("# The end.\n"), "{text}");
    assert!(text.contains("reason = \"recv(4) is not looped\" # some day\n"), "{text}");
    assert_eq!(text.matches("[[expected]]").count(), 3, "{text}");
    let refused = home.read(&text).unwrap_err();
    assert!(refused.contains("say why this failure is expected"), "{refused}");
    let read = home.read(text.replace("reason = \"\"", "reason = \"y\"")).unwrap();
    assert_eq!(read.known_failures()[..2], list[..2]);
}

#[test]
fn a_list_that_becomes_empty_goes_and_one_that_was_not_there_comes() {
    let home = Home::new();
    home.read(WHOLE).unwrap();
    rewrite_known_failures(&home.file(), &[]).unwrap();
    let (before, _) = WHOLE.split_once("# Known.").unwrap();
    let before = before.trim_end();
    assert!(home.text().starts_with(before) && !home.text().contains("expected"));
    let list = [failure("a", "b", "c \"d\" 'e'\n")];
    rewrite_known_failures(&home.file(), &list).unwrap();
    assert!(home.text().starts_with(before));
    assert_eq!(home.read(home.text()).unwrap().known_failures(), list);
}

#[test]
fn a_kept_input_is_a_fixed_one_and_the_rest_is_as_it_was() {
    let home = Home::new();
    let protocol = home.read(WHOLE).unwrap();
    let input = generated_input(&protocol, InputId(7)).unwrap();
    keep(&protocol, "kept", &input, true).unwrap();
    assert_eq!(kept(&home, "kept"), input);
    assert!(home.text().contains("networks = \"every-place\""));
    let taken = keep(&protocol, "any-file", &input, false).unwrap_err();
    assert!(taken.to_string().contains("already has the name \"any-file\""), "{taken}");
    let text = home.text();
    let mut lines = text.lines();
    for line in WHOLE.lines() {
        assert!(lines.any(|it| it == line), "{line:?} is gone or moved:\n{text}");
    }
}

#[test]
fn a_byte_order_mark_and_line_ends_of_two_bytes_stay() {
    let home = Home::new();
    let protocol = home.read(format!("\u{feff}{}", WHOLE.replace('\n', "\r\n"))).unwrap();
    let input = generated_input(&protocol, InputId(7)).unwrap();
    keep(&protocol, "kept", &input, false).unwrap();
    assert_eq!(kept(&home, "kept"), input);
    let text = home.text();
    assert!(text.starts_with('\u{feff}'), "{text}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    for line in WHOLE.lines() {
        assert!(text.contains(&format!("{line}\r\n")), "{line:?} is gone:\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_kept_reads_back_to_the_same_input(id in any::<u32>(), again in any::<u32>()) {
        let home = Home::new();
        let protocol = home.read(WHOLE).unwrap();
        let inputs: Vec<Input> =
            [id, again].iter().filter_map(|id| generated_input(&protocol, InputId(*id))).collect();
        for (nth, input) in inputs.iter().enumerate() {
            keep(&protocol, &format!("kept-{nth}"), input, false).unwrap();
        }
        for (nth, input) in inputs.iter().enumerate() {
            prop_assert_eq!(&kept(&home, &format!("kept-{nth}")), input);
        }
    }
}
