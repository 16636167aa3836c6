//! `struct-demo`: one program, which packs a length and unpacks it again.

use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::text::text;
use super::{Check, Clause, Expected, ExpectedEnd, Input, Level, Literal, Scenario, Vector, Wire};
use crate::case::Transport;
use crate::observation::Role;
use crate::oracle::{Oracle, OracleError};

pub(super) struct StructDemo;

const TEXT: &str = "qiubabimunieniu";

const CLAUSES: &[Clause] = &[
    Clause {
        id: "SD-1",
        level: Level::Must,
        text: "The program prints, a line each, the length of its text in code points, the length \
               of struct.pack('i', n) of that, 4, and the tuple that it is unpacked to, (n,).",
        checks: &[Check::ServerStdout],
    },
    Clause {
        id: "SD-2",
        level: Level::Must,
        text: "The program ends with status 0.",
        checks: &[Check::ServerExit],
    },
    Clause {
        id: "SD-3",
        level: Level::Must,
        text: "The program speaks to nobody and writes no file.",
        checks: &[Check::ToServer, Check::ToClient, Check::ServerFiles],
    },
];

impl Scenario for StructDemo {
    fn name(&self) -> &'static str {
        "struct-demo"
    }

    fn summary(&self) -> &'static str {
        "a length packed and unpacked; one program, no network"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::ALONE
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
        let text = input.messages.first().map_or(TEXT, String::as_str);
        Ok(Expected {
            to_server: Wire::stream(Vec::new()),
            to_client: Wire::stream(Vec::new()),
            server: ExpectedEnd::printing(oracle.packed_length(text)?.into_bytes()),
            client: ExpectedEnd::printing(Vec::new()),
            printed_bytes: Vec::new(),
            body_bytes: Vec::new(),
        })
    }

    fn literals(&self, _: Role, input: &Input) -> Vec<Literal> {
        vec![Literal::or("text", input.messages.first().map(String::as_str), TEXT)]
    }
}

/// There is no client, so nobody plays one.
fn measuring(text: &str) -> Input {
    Input { raw: true, messages: vec![text.to_owned()], ..Input::default() }
}
