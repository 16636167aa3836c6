//! `struct-demo`: one program, which packs a length and unpacks it again.

use model::case::Transport;
use model::observation::Role;
use model::{Breaks, Check, Clause, Expected, ExpectedEnd, Input, Literal, Notes, Vector, Wire};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::shared::text::text;
use crate::tutorial::Tutorial;

pub(crate) struct StructDemo;

const TEXT: &str = "qiubabimunieniu";

const CLAUSES: &[Clause] = &[
    Clause::must(
        "SD-1",
        "The program prints three lines: n, the length of its text in code points; 4, the length \
         of struct.pack('i', n); and (n,), the tuple that struct.unpack returns.",
        &[Check::ServerStdout],
    ),
    Clause::must("SD-2", "The program ends with status 0.", &[Check::ServerExit]),
    Clause::must(
        "SD-3",
        "The program does no network I/O and writes no file.",
        &[Check::ToServer, Check::ToClient, Check::ServerFiles],
    ),
];

impl Tutorial for StructDemo {
    fn name(&self) -> &'static str {
        "struct-demo"
    }

    fn summary(&self) -> &'static str {
        "a length, packed and unpacked; one program, no network"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::ALONE
    }

    fn about(&self) -> &'static str {
        include_str!("scenario.toml")
    }

    fn clauses(&self) -> &'static [Clause] {
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        let of = |name, text: &str| Vector::new(name, measuring(text));
        vec![
            Vector::new("as-the-tutorial-has-it", Input { raw: true, ..Input::default() }),
            of("empty", ""),
            of("one-character", "x"),
            of("chinese", "萨瓦迪卡客户端"),
            of("above-the-basic-plane", "😀𐍈\u{10ffff}"),
            of("joined-emoji", "👩‍👩‍👧"),
            of("combining", "e\u{301}"),
            of("spaces-and-newlines", " \t\r\n\u{85}\u{3000} "),
            of("controls", "\u{1}\u{8}\u{1b}\u{7f}"),
            of("quotes-and-backslashes", "'\"\\n"),
            of("like-an-option", "--help"),
            of("digits", "٣4"),
            of("byte-order-mark", "\u{feff}a"),
            of("255-characters", &"a".repeat(255)),
            of("256-characters", &"é".repeat(256)),
            // The packed length is an é and two more bytes: c3 a9 00 00.
            of("43459-characters", &"y".repeat(43_459)),
            of("65536-characters", &"z".repeat(65536)),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let text = prop_oneof![
            6 => text(0..=40, 1024, &['\0']),
            1 => text(200..=300, 4096, &['\0']),
        ];
        text.prop_map(|text| measuring(&text)).boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let text = input.message(0).unwrap_or(TEXT);
        Ok(Expected {
            to_server: Wire::stream(Vec::new()),
            to_client: Wire::stream(Vec::new()),
            server: ExpectedEnd::printing(oracle.packed_length(text)?.into_bytes()),
            client: ExpectedEnd::printing(Vec::new()),
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn literals(&self, _: Role, input: &Input) -> Vec<Literal> {
        vec![Literal::or("text", input.message(0), TEXT)]
    }
}

/// The scenario has no client.
fn measuring(text: &str) -> Input {
    Input { raw: true, ..Input::saying([text]) }
}
