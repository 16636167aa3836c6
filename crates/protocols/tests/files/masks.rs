//! Masks: what they cover in what was seen, and what agrees under them.

use model::mask::{FileForm, JsonBy, Place};
use model::observation::{Direction, Role};
use model::{Said, Scenario};
use proptest::prelude::*;
use protocols::Protocol;

use super::common::Home;

const TO_CLIENT: Place = Place::Stream(Direction::ToClient);

fn masked(masks: &str) -> Protocol {
    let text = format!(
        "name = \"up\"\n[reference]\nserver = [\"s\", \"{{port}}\"]\nclient = [\"c\", \"{{port}}\"]\n\
         [[input]]\nname = \"one\"\n{masks}"
    );
    Home::new().read(text).unwrap()
}

fn times() -> Protocol {
    masked("[[mask]]\nstream = \"to-client\"\npattern = 'time=\\d+;'\n")
}

/// `right` with the seen bytes in its masked ranges.
fn filled(protocol: &Protocol, right: &[u8], seen: &[u8]) -> Vec<u8> {
    protocol.with_seen(TO_CLIENT, Said::whole(right), Said::whole(seen), JsonBy::Bytes)
}

#[test]
fn values_of_another_length_agree_and_another_form_does_not() {
    let protocol = times();
    let right = b"a time=12; b time=3; c";
    for (seen, agrees) in [
        (&b"a time=999; b time=40000; c"[..], true),
        (b"a time=; b time=3; c", false),
        (b"a time=x; b time=3; c", false),
        (b"a time=12; b time=3; d", false),
        (b"a time=12; b", false),
        (b"a time=1; time=2; b time=3; c", false),
    ] {
        let is_same = filled(&protocol, right, seen) == seen;
        assert_eq!(is_same, agrees, "{}", seen.escape_ascii());
    }
}

#[test]
fn a_mask_is_for_its_own_place_alone() {
    let protocol = times();
    assert_eq!(protocol.masked(TO_CLIENT, Said::whole(b"time=1;")).len(), 1);
    for place in [Place::Stream(Direction::ToServer), Place::Screen(Role::Server)] {
        assert!(protocol.masked(place, Said::whole(b"time=1;")).is_empty());
        assert!(!protocol.may_begin_masked(place, b"time="));
    }
}

#[test]
fn the_first_pattern_of_files_that_matches_says_how_a_file_is_compared() {
    let protocol = masked(
        "[[mask]]\nfile = \"server:log/*.txt\"\n\
         [[mask]]\nfile = \"server:**/*.tmp\"\nas = \"ignored\"\n",
    );
    for (role, path, form) in [
        (Role::Server, "log/a.txt", FileForm::Present),
        (Role::Server, "log/a/b.txt", FileForm::Content),
        (Role::Client, "log/a.txt", FileForm::Content),
        (Role::Server, "x/y/z.tmp", FileForm::Ignored),
        (Role::Server, "z.tmp", FileForm::Ignored),
    ] {
        assert_eq!(protocol.file_form(role, path), form, "{role} {path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ranges_rise_and_what_has_other_values_agrees(
        parts in prop::collection::vec(("[a-z ]{0,5}", any::<u32>(), any::<u32>()), 0..6),
    ) {
        let protocol = times();
        let with = |value: fn(&(String, u32, u32)) -> u32| -> Vec<u8> {
            let part = |it: &(String, u32, u32)| format!("{}time={};", it.0, value(it));
            parts.iter().map(part).collect::<String>().into_bytes()
        };
        let (right, seen) = (with(|it| it.1), with(|it| it.2));
        let ranges = protocol.masked(TO_CLIENT, Said::whole(&seen));
        prop_assert_eq!(ranges.len(), parts.len());
        prop_assert!(ranges.iter().all(|range| range.start < range.end && range.end <= seen.len()));
        prop_assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
        prop_assert_eq!(filled(&protocol, &right, &seen), seen);
    }

    #[test]
    fn each_beginning_of_a_match_may_become_one(value in any::<u32>(), cut in 0..12_usize) {
        let whole = format!("time={value};");
        let cut = cut.min(whole.len() - 1);
        prop_assert!(times().may_begin_masked(TO_CLIENT, &whole.as_bytes()[..cut]));
        let wrong = format!("{}!", &whole[..cut]);
        prop_assert!(!times().may_begin_masked(TO_CLIENT, wrong.as_bytes()));
    }
}
