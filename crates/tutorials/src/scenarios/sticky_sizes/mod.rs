//! `sticky-sizes`: small messages that merge, and a big one whose rest merges with the
//! next.

mod errata;

use model::case::Transport;
use model::observation::Role;
use model::{
    Breaks, Check, Clause, Erratum, Expected, ExpectedEnd, Input, Literal, Notes, Step, Vector,
    Wire,
};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::shared::parts::parts_of;
use crate::shared::text::{noise, noisy_text, text};
use crate::tutorial::Tutorial;

pub(crate) struct StickySizes;

const PART_BYTES: usize = 1024;

const CLAUSES: &[Clause] = &[
    Clause::must(
        "SS-1",
        "The client sends its four messages as UTF-8, each in its own send, with nothing between \
         or after them.",
        &[Check::ToServer],
    ),
    Clause::must("SS-2", "The server sends nothing.", &[Check::ToClient]),
    Clause::must(
        "SS-3",
        "The server prints the whole stream as bytes repr, in parts of 1 to 1024 bytes each. The \
         kernel decides where the stream is cut.",
        &[Check::ServerStdout],
    ),
    Clause::must("SS-4", "The client prints nothing.", &[Check::ClientStdout]),
    Clause::must(
        "SS-5",
        "The client ends with status 0 when it has sent everything, with another status when it \
         can't.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "SS-6",
        "The server runs until it gets a signal to end, or ends with status 0 after a client.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "SS-7",
        "The server closes a connection when the client has closed it, and prints nothing more for \
         it.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "SS-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for StickySizes {
    fn name(&self) -> &'static str {
        "sticky-sizes"
    }

    fn summary(&self) -> &'static str {
        "small messages that merge, and a big one whose rest merges with the next, read by \
         recv(1024)"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::STREAMS
    }

    fn about(&self) -> &'static str {
        include_str!("scenario.toml")
    }

    fn clauses(&self) -> &'static [Clause] {
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        let said = |name, messages: [&str; 4]| Vector::new(name, Input::saying(messages));
        let big = |name, len| said(name, ["hello", "world", &noisy_text(len), "bye"]);
        let raw = |name, sends: &[&[u8]]| Vector::new(name, Input::raw(sends));
        vec![
            Vector::new("tutorial", Input::default()),
            said("all-empty", ["", "", "", ""]),
            said("one-byte-each", ["1", "2", "3", "4"]),
            said("only-the-last", ["", "", "", "last"]),
            said("chinese-cut-inside", ["你好", "世界", &"汉".repeat(500), "再见"]),
            said("quotes", ["'", "\"", &"'\"".repeat(600), "\\"]),
            said("controls", ["\n", "\r\n", &"\u{1b}\t".repeat(600), "\u{7f}"]),
            said("looks-like-bytes-repr", ["b'x'\n", "b''\n", &"\nb'".repeat(400), "'"]),
            big("1013-bytes", 1013),
            big("1014-bytes", 1014),
            big("1015-bytes", 1015),
            big("2048-bytes", 2048),
            big("65536-bytes", 65536),
            big("100000-bytes", 100_000),
            said(
                "all-are-long",
                [1100, 1200, 1300, 1400].map(noisy_text).each_ref().map(String::as_str),
            ),
            raw("raw-binary", &[b"\0", b"\xff\xfe", &noise(3000), b"\x80"]),
            raw("raw-1024-at-once", &[&noise(1024)]),
            raw("raw-1025-at-once", &[&noise(1025)]),
            raw("raw-nothing", &[]),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let small = || text(0..=12, 40, &['\0']);
        let big = prop_oneof![
            2 => text(200..=1500, 6000, &['\0']),
            1 => (0..=5000_usize).prop_map(noisy_text),
        ];
        (small(), small(), big, small())
            .prop_map(|(first, second, big, last)| Input::saying([first, second, big, last]))
            .boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let stream = if input.raw {
            input.raw_bytes()
        } else {
            let sent = literals().into_iter().enumerate();
            let message = |(nth, (_, usual)): (usize, (_, String))| {
                input.message(nth).unwrap_or(&usual).as_bytes().to_vec()
            };
            sent.flat_map(message).collect()
        };
        let mut screen = String::new();
        for part in stream.chunks(PART_BYTES) {
            screen += &oracle.repr_bytes(part)?;
            screen.push('\n');
        }
        Ok(Expected {
            to_server: Wire::stream(stream),
            to_client: Wire::stream(Vec::new()),
            server: ExpectedEnd::printing(screen.into_bytes()),
            client: ExpectedEnd::printing(Vec::new()),
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        errata::ERRATA
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let sends = input.lines.iter().map(|part| Step::Send(part.0.clone()));
        [Step::Connect].into_iter().chain(sends).chain([Step::Finish, Step::ReadEnd]).collect()
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        if role == Role::Server {
            return Vec::new();
        }
        let literals = literals().into_iter().enumerate();
        let literal = |(nth, (name, usual)): (usize, (_, String))| {
            Literal::or(name, input.message(nth), &usual)
        };
        literals.map(literal).collect()
    }

    fn screen_agrees(&self, role: Role, right: &[u8], seen: &[u8]) -> bool {
        right == seen || (role == Role::Server && same_stream(right, seen).unwrap_or(false))
    }
}

/// The four messages by name, as in the tutorial's programs.
fn literals() -> [(&'static str, String); 4] {
    [
        ("first", "hello".to_owned()),
        ("second", "world".to_owned()),
        ("big", "x".repeat(1500)),
        ("last", "bye".to_owned()),
    ]
}

/// Whether both outputs show one stream in parts that a recv(1024) can return.
fn same_stream(one: &[u8], other: &[u8]) -> Option<bool> {
    let (one, other) = (parts_of(one)?, parts_of(other)?);
    let possible = |part: &Vec<u8>| (1..=PART_BYTES).contains(&part.len());
    let all_possible = one.iter().chain(&other).all(possible);
    Some(all_possible && one.concat() == other.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_of_the_whole_stream_is_right_and_nothing_else() {
        let agrees = |seen: &str| {
            StickySizes.screen_agrees(Role::Server, b"b'helloworld'\n", seen.as_bytes())
        };
        for seen in ["b'helloworld'\n", "b'hello'\nb'world'\n", "b'h'\nb'elloworld'\n"] {
            assert!(agrees(seen), "{seen}");
        }
        for seen in ["", "b'hello'\n", "b'hello'\nb'world'\nb''\n", "b'hello'\nb'World'\n"] {
            assert!(!agrees(seen), "{seen}");
        }
        let long = format!("b'{}'\n", "x".repeat(1025));
        let cut = format!("b'{}'\nb'x'\n", "x".repeat(1024));
        assert!(!StickySizes.screen_agrees(Role::Server, cut.as_bytes(), long.as_bytes()));
    }
}
