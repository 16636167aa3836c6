//! Plays as programs make them, and random plays.

use proptest::prelude::*;

use super::*;

/// More masks than any of these plays needs.
const LIMIT: usize = 12;

/// Proposes masks until the plays agree, and returns their patterns.
fn learn(plays: &[&[u8]]) -> Result<Vec<String>, Vec<String>> {
    let mut masks: Vec<Regex> = Vec::new();
    let patterns = |masks: &[Regex]| masks.iter().map(|mask| mask.as_str().to_owned()).collect();
    loop {
        if plays.iter().all(|play| agree(plays[0], play, &masks)) {
            return Ok(patterns(&masks));
        }
        match propose(plays, &masks) {
            Some(pattern) if masks.len() < LIMIT => masks.push(Regex::new(&pattern).unwrap()),
            _ => return Err(patterns(&masks)),
        }
    }
}

/// Checks that patterns cover these plays.
#[track_caller]
fn covers(plays: &[&str], expected: &[&str]) {
    let bytes: Vec<&[u8]> = plays.iter().map(|play| play.as_bytes()).collect();
    assert_eq!(learn(&bytes), Ok(expected.iter().map(|pattern| (*pattern).to_owned()).collect()));
}

#[test]
fn json_with_a_time_and_a_uuid() {
    covers(
        &[
            r#"{"time": 1712345678.12, "nonce": "2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d", "n": 1}"#,
            r#"{"time": 1712345679.5, "nonce": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "n": 1}"#,
        ],
        &[
            r#""time": \d+\.\d+"#,
            r#", "nonce": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"#,
        ],
    );
}

#[test]
fn one_mask_covers_every_line_of_a_log() {
    covers(
        &[
            "2024-05-06 12:03:44,120 INFO line 1 took 0.0012s\n2024-05-06 12:03:44,121 INFO line 2 took 0.0013s\n",
            "2024-05-06 12:03:45,001 INFO line 1 took 0.002s\n2024-05-06 12:03:45,003 INFO line 2 took 0.0009s\n",
        ],
        &[r"(?m:^)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:,\d+)?", r" took \d+\.\d+"],
    );
}

#[test]
fn the_second_that_differs_is_widened_to_the_time_of_day() {
    covers(&["at 12:03:44 ok", "at 12:03:45 ok"], &[r"at \d\d:\d\d:\d\d"]);
    covers(&["[12:03] ok", "[12:04] ok"], &[r"\[\d\d:\d\d"]);
    covers(
        &["Mon May  6 12:03:44 2024\n", "Mon May  6 12:03:45 2024\n"],
        &[r"(?m:^)[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"],
    );
    covers(
        &["at 2024-05-06T12:03:44.5+00:00.", "at 2024-05-06T12:03:44+00:00."],
        &[r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"],
    );
}

#[test]
fn numbers_take_the_form_that_was_seen() {
    covers(&["n = 9 m", "n = 10 m"], &[r"n = \d+"]);
    covers(&["n = 9 m", "n = -10 m"], &[r"n = -?\d+"]);
    covers(&["x: 0.25\n", "x: 0.5\n"], &[r"x: \d+\.\d+"]);
    covers(&["x: 0.25\n", "x: 1e-05\n"], &[r"x: \d+(?:\.\d+)?(?:[eE][+-]?\d+)?"]);
    covers(&["x: 0.25\n", "x: 3\n"], &[r"x: \d+(?:\.\d+)?"]);
    covers(&["v1.2.3 up", "v1.3.3 up"], &[r"v1\.\d+"]);
    covers(&["took 12ms.", "took 7ms."], &[r"took \d+"]);
}

#[test]
fn a_mask_for_an_integer_is_widened_to_a_float() {
    let plays = [&b"n=1.5 end"[..], b"n=1.25 end"];
    let masks = [Regex::new(r"n=\d+").unwrap()];
    assert_eq!(propose(&plays, &masks).as_deref(), Some(r"n=\d+\.\d+"));
}

#[test]
fn a_port_of_a_screen() {
    covers(
        &["Listening on ('127.0.0.1', 43211)\n> ", "Listening on ('127.0.0.1', 5021)\n> "],
        &[r"127\.0\.0\.1\x27, \d+"],
    );
}

#[test]
fn columns_keep_their_width() {
    covers(&["| 9   |", "| 10  |"], &[r"\| \d+ +"]);
    covers(&["total:   9 |", "total:  10 |"], &[r"total: +\d+"]);
}

#[test]
fn random_text_of_one_length() {
    covers(&["id 9f86d081884c7d65 x", "id 2fcf24dba5fb0a30 x"], &["id [0-9a-f]{16}"]);
    covers(&["k=q83vEjRWeJA= x", "k=7c0AESIzREU= x"], &["k=[A-Za-z0-9+/]{11}={0,2}"]);
    covers(&["<socket at 0x7f3a12bc>", "<socket at 0x7f3a12cd40>"], &["<socket at 0x[0-9a-f]+"]);
}

#[test]
fn quoted_text_where_nothing_narrower_fits() {
    covers(
        &[r#"{"name": "bob", "n": 1}"#, r#"{"name": "alice smith", "n": 1}"#],
        &[r#""name": "[^"]*""#],
    );
    covers(&["x = 'bob' !", "x = 'alice b' !"], &[r"x = \x27[^\x27]*\x27"]);
    covers(&["x = b'bob' !", r"x = b'al\'ice' !"], &[r"x = b\x27(?:[^\x27\\]|\\.)*\x27"]);
}

#[test]
fn sets_and_lists_in_another_order() {
    covers(&["seen {'b', 'a'}.", "seen {'a', 'b'}."], &[r"seen \{[^}]*\}"]);
    covers(
        &[r#"{"u": ["bob", "al", "cy"]}"#, r#"{"u": ["al", "cy", "bob"]}"#],
        &[r#""u": \[[^\]]*\]"#],
    );
    covers(
        &["r: [[1, 2], [3]] end", "r: [[3], [1, 2]] end"],
        &[r"r: \[(?:[^\[\]]|\[[^\[\]]*\])*\]"],
    );
    covers(&[r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#], &[r"(?m:^)\{[^}]*\}"]);
    covers(
        &["users: bob, alice, cy\nbye\n", "users: cy, bob, alice\nbye\n"],
        &[r"users: [\w.-]+(?:, [\w.-]+){2}"],
    );
    covers(
        &["users: bob, alice (2)\n", "users: alice, bob (2)\n"],
        &[r"users: [\w.-]+(?:, [\w.-]+){1}"],
    );
}

#[test]
fn lines_of_two_threads() {
    covers(
        &["go\nworker 1 done\nworker 2 done.\nend\n", "go\nworker 2 done.\nworker 1 done\nend\n"],
        &[r"(?m:^)(?:(?:worker 2 done\.|worker 1 done)\n){2}"],
    );
    covers(&["a\nab", "ab\na"], &[r"(?m:^)(?:ab|a)(?:\n(?:ab|a)){1}"]);
}

#[test]
fn lines_of_two_threads_with_times() {
    covers(
        &["12:03:44 one\n12:03:45 two\n", "12:04:00 two\n12:04:01 one\n"],
        &[
            r"(?m:^)\d\d:\d\d:\d\d",
            r"(?m:^)(?:(?:(?:(?m:^)\d\d:\d\d:\d\d) one|(?:(?m:^)\d\d:\d\d:\d\d) two)\n){2}",
        ],
    );
}

#[test]
fn three_plays_decide_how_many_lines_race() {
    covers(&["a\nb\nc\nd\n", "b\na\nc\nd\n", "a\nc\nb\nd\n"], &[r"(?m:^)(?:(?:a|b|c)\n){3}"]);
}

#[test]
fn a_binary_prefix_of_constant_length() {
    let plays = [&b"\x00\x00\x00\x0e{\"t\": 1.25, 1}"[..], b"\x00\x00\x00\x0e{\"t\": 7.50, 1}"];
    assert_eq!(learn(&plays), Ok(vec![r#""t": \d+\.\d+"#.to_owned()]));
    let plays = [&b"\x00\x00\x00\x05hello"[..], b"\x00\x00\x00\x05world"];
    assert_eq!(learn(&plays), Ok(vec![r"\x{00}\x{00}\x{00}\x{05}\w+".to_owned()]));
}

#[test]
fn binary_lengths_have_no_mask() {
    assert_eq!(
        propose(&[b"\x00\x00\x00\x08{\"n\": 9}", b"\x00\x00\x00\x09{\"n\": 10}"], &[]),
        None
    );
    assert_eq!(propose(&[b"\x00\x00\x00A{}", b"\x00\x00\x00B{ }"], &[]), None);
    assert_eq!(propose(&[b"\xff\x01", b"\xff\x02"], &[]), None);
}

#[test]
fn plays_that_agree_have_no_mask() {
    assert_eq!(propose(&[], &[]), None);
    assert_eq!(propose(&[b"a"], &[]), None);
    assert_eq!(propose(&[b"a", b"a"], &[]), None);
    assert_eq!(propose(&[b"a 1", b"a 2"], &[Regex::new(r"\d").unwrap()]), None);
}

#[test]
fn an_added_line_has_no_mask() {
    assert_eq!(propose(&[b"a\n", b"a\nb\n"], &[]), None);
}

#[test]
fn a_word_at_a_lines_start_is_held_by_what_follows() {
    covers(&["bob joined\nwelcome all\n", "alice joined\nwelcome all\n"], &[r"(?m:^)\w+ joined"]);
}

#[test]
fn free_text_needs_a_stable_word_before_it() {
    covers(&["status: ok\nx", "status: it failed, why\nx"], &[r"status: [^\r\n]+"]);
    assert_eq!(propose(&[b"hello there\n", b"good-bye\n"], &[]), None);
}

#[test]
fn a_request_and_its_headers() {
    covers(
        &[
            "HTTP/1.0 200 OK\r\nDate: Mon, 06 May 2024 12:03:44 GMT\r\nETag: \"5f2-ab\"\r\n\r\nhi",
            "HTTP/1.0 200 OK\r\nDate: Mon, 06 May 2024 12:03:45 GMT\r\nETag: \"617-cd\"\r\n\r\nhi",
        ],
        &[r"Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d", r#"ETag: "[^"]*""#],
    );
}

#[test]
fn objects_in_another_order_with_masks_inside() {
    covers(
        &[
            r#"[{"id": 0x1a, "n": "a"}, {"id": 0x1b, "n": "b"}]"#,
            r#"[{"id": 0x2c, "n": "b"}, {"id": 0x2d, "n": "a"}]"#,
        ],
        &[r#""id": 0x[0-9a-f]+"#, r"(?m:^)\[[^\]]*\]"],
    );
}

#[test]
fn a_carriage_return_is_no_line_start() {
    covers(&["load\r 5%\r 9%\n", "load\r 7%\r10%\n"], &[r"load\r \d+", r"%\r *\d+"]);
}

#[test]
fn an_escape_sequence_is_no_part_of_a_word() {
    covers(
        &["\x1b[2J\x1b[32m12:00:01\x1b[0m", "\x1b[2J\x1b[32m12:00:02\x1b[0m"],
        &[r"\[32m\d\d:\d\d:\d\d"],
    );
}

#[test]
fn a_lines_date_needs_no_text_after_it() {
    covers(
        &[
            "2024-05-06 12:00:01 up\n2024-05-06 12:00:02 x\n",
            "2024-05-06 12:00:01 up\n2024-05-06 12:00:03 x\n",
        ],
        &[r"(?m:^)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"],
    );
}

#[test]
fn non_ascii_words_are_whole() {
    covers(&["von é an", "von è an"], &[r"von \w+"]);
}

#[test]
fn many_differences_need_few_masks() {
    covers(
        &[
            "Port 5000\n[client 1] 0.25 ms\n[client 2] 0.5 ms\nbye 12:00:01\n",
            "Port 5001\n[client 1] 0.75 ms\n[client 2] 1.5 ms\nbye 12:00:09\n",
            "Port 612\n[client 1] 0.1 ms\n[client 2] 0.125 ms\nbye 12:10:09\n",
        ],
        &[r"Port \d+", r"\] \d+\.\d+", r"bye \d\d:\d\d:\d\d"],
    );
}

#[test]
fn the_difference_shows_whole_words() {
    let found = first_difference(b"at 12:03:44 ok", b"at 12:03:45 ok", &[]).unwrap();
    let values = [b"12:03:44".to_vec(), b"12:03:45".to_vec()];
    assert_eq!(found, Difference { offset: 10, other_offset: 10, values });
}

#[test]
fn offsets_count_what_the_masks_match() {
    let masks = [Regex::new(r"n=\d+").unwrap()];
    let found = first_difference(b"n=1 x=5", b"n=100 x=6", &masks).unwrap();
    assert_eq!((found.offset, found.other_offset), (6, 8));
    assert_eq!(found.values, [b"5".to_vec(), b"6".to_vec()]);
}

#[test]
fn of_matches_that_start_together_the_longest_wins() {
    let masks = ["n=", r"n=\d+", "x*"].map(|mask| Regex::new(mask).unwrap());
    assert_eq!(ranges(b"n=12 xx n=", &masks), [0..4, 5..7, 8..10]);
}

/// A varying token: three draws of one kind, of which the first two differ.
fn draws() -> impl Strategy<Value = [String; 3]> {
    fn three(kind: &'static str) -> BoxedStrategy<[String; 3]> {
        proptest::array::uniform3(proptest::string::string_regex(kind).unwrap()).boxed()
    }
    prop_oneof![
        three("[1-9][0-9]{0,6}"),
        three(r"[1-9][0-9]{0,3}\.[0-9]{1,6}"),
        three("[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"),
        three("202[0-9]-[01][0-9]-[0-3][0-9]"),
        three("202[0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"),
        three("[0-9a-f]{15}[a-f]"),
        three("[0-9A-F]{31}[A-F]"),
        three("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        three("[A-Za-z][A-Za-z0-9+/]{18}aB0=="),
        three("\"[a-z ]{0,12}\""),
        three("0x7f[0-9a-f]{8,10}"),
        (
            Just(vec!["'ann'", "'bob'", "'cy'", "'dan'"]).prop_shuffle(),
            Just(vec!["'ann'", "'bob'", "'cy'", "'dan'"]).prop_shuffle(),
            Just(vec!["'ann'", "'bob'", "'cy'", "'dan'"]).prop_shuffle(),
        )
            .prop_map(|(a, b, c)| [a, b, c].map(|items| format!("{{{}}}", items.join(", "))))
            .boxed(),
    ]
    .prop_filter("equal draws teach nothing", |draws| draws[0] != draws[1])
}

/// Three plays of one template: stable words, and varying tokens between them.
fn template() -> impl Strategy<Value = [String; 3]> {
    let word = "[a-z]{3,9}(: |=| is | at |\": )";
    let end = prop_oneof![Just("\n"), Just(", "), Just(" "), Just(")\n")];
    proptest::collection::vec((word, draws(), end), 1..5).prop_map(|parts| {
        let mut plays = [String::new(), String::new(), String::new()];
        for (word, draws, end) in parts {
            for (play, draw) in plays.iter_mut().zip(draws) {
                play.push_str(&format!("{word}{draw}{end}"));
            }
        }
        plays
    })
}

/// Bytes of the kinds that the module looks for: quotes, digits, brackets, lines.
fn messy() -> impl Strategy<Value = Vec<u8>> {
    let text =
        proptest::string::bytes_regex("(?s-u)([a-c0-9 ,:.'\"\\[\\]{}\\n-]|[\\x00-\\xff]){0,24}");
    text.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn two_plays_teach_a_third(plays in template()) {
        let [one, other, fresh] = &plays;
        let learnt = learn(&[one.as_bytes(), other.as_bytes()]);
        let patterns = learnt.map_err(|stuck| TestCaseError::fail(format!("stuck after {stuck:?}")))?;
        prop_assert!(patterns.len() <= 4, "{patterns:?}");
        let masks: Vec<Regex> = patterns.iter().map(|p| Regex::new(p).unwrap()).collect();
        prop_assert!(agree(one.as_bytes(), fresh.as_bytes(), &masks), "{patterns:?}");
    }

    #[test]
    fn equal_bytes_agree(bytes in any::<Vec<u8>>(), mask in "[a-c.*+]?[0-9]{0,2}") {
        let masks: Vec<Regex> = Regex::new(&mask).into_iter().collect();
        prop_assert!(agree(&bytes, &bytes.clone(), &masks));
        prop_assert_eq!(parting(&Play::new(&bytes, &masks), &Play::new(&bytes, &masks)), None);
    }

    #[test]
    fn any_bytes_get_a_mask_that_keeps_its_promise_or_none(
        plays in proptest::collection::vec(messy(), 0..4),
        masks in proptest::collection::vec(prop_oneof![Just(r"\d"), Just("a+"), Just("(?s)..")], 0..2),
    ) {
        let plays: Vec<&[u8]> = plays.iter().map(Vec::as_slice).collect();
        let mut masks: Vec<Regex> = masks.iter().map(|mask| Regex::new(mask).unwrap()).collect();
        for _ in 0..LIMIT {
            let round = Round::new(&plays, &masks).partings;
            let Some(pattern) = propose(&plays, &masks) else { break };
            let fits = literal::fits_toml(&pattern);
            prop_assert!(fits);
            masks.push(Regex::new(&pattern).unwrap());
            let now = Round::new(&plays, &masks).partings;
            prop_assert!(now != round);
        }
        for pair in plays.windows(2) {
            let found = first_difference(pair[0], pair[1], &masks);
            prop_assert_eq!(found.is_none(), agree(pair[0], pair[1], &masks));
            let values = found.map(|found| found.values).unwrap_or_default();
            prop_assert!(values.iter().all(|value| value.len() <= 60));
        }
    }

    #[test]
    fn a_literal_matches_exactly_itself(bytes in any::<Vec<u8>>()) {
        let pattern = literal::escape(&bytes);
        prop_assert!(literal::fits_toml(&pattern));
        let found = Regex::new(&format!(r"\A{pattern}\z")).unwrap();
        prop_assert!(found.is_match(&bytes));
    }
}
