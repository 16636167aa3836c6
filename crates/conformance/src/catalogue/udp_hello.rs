//! `udp-hello`: a datagram and its answer.

use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::disturbed;
use super::one_turn::received;
use super::text::{noise, text};
use super::{
    Check, Clause, Ending, Erratum, Expected, ExpectedEnd, Input, Level, Literal, SERVER_ADDRESS,
    Scenario, Step, Vector, Wire,
};
use crate::blob::Blob;
use crate::case::Transport;
use crate::observation::Role;
use crate::oracle::{Oracle, OracleError};

pub(super) struct UdpHello;

const MESSAGE: &str = "hello";
const ANSWER: &str = "hi";

const CLAUSES: &[Clause] = &[
    Clause {
        id: "UH-1",
        level: Level::Must,
        text: "The client sends its message, an empty one too, as one datagram of UTF-8.",
        checks: &[Check::ToServer],
    },
    Clause {
        id: "UH-2",
        level: Level::Must,
        text: "The server answers a datagram, an empty one too, with one datagram: its answer as \
               UTF-8.",
        checks: &[Check::ToClient],
    },
    Clause {
        id: "UH-3",
        level: Level::Must,
        text: "The server prints the bytes repr of the first 1024 bytes of a datagram.",
        checks: &[Check::ServerStdout],
    },
    Clause {
        id: "UH-4",
        level: Level::Must,
        text: "The client prints the text of the first 1024 bytes of the answer and the address it \
               came from as Python's recvfrom gives it.",
        checks: &[Check::ClientStdout],
    },
    Clause {
        id: "UH-5",
        level: Level::Must,
        text: "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when these bytes are not UTF-8.",
        checks: &[Check::ClientExit],
    },
    Clause {
        id: "UH-6",
        level: Level::Must,
        text: "The server goes on until it is asked to end, or ends with status 0 after a datagram.",
        checks: &[Check::ServerExit],
    },
    Clause {
        id: "UH-7",
        level: Level::Must,
        text: "Neither program writes files.",
        checks: &[Check::ClientFiles, Check::ServerFiles],
    },
];

impl Scenario for UdpHello {
    fn name(&self) -> &'static str {
        "udp-hello"
    }

    fn summary(&self) -> &'static str {
        "a datagram and its answer"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::DATAGRAMS
    }

    fn clauses(&self) -> &'static [Clause] {
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        let message = |name, text: &str| {
            Vector::new(name, Input { messages: vec![text.into()], ..Input::default() })
        };
        let answer = |name, text: &str| {
            Vector::new(name, Input { answer: Some(text.into()), ..Input::default() })
        };
        let every_byte: Vec<u8> = (0..=255).collect();
        vec![
            Vector::new("as-the-tutorial-has-it", Input::default()).over(disturbed::datagrams()),
            Vector::new("typed-lines-are-nobodys", Input::typed(["not", "read"])),
            message("message-empty", ""),
            message("message-spaces", "  \t "),
            message("message-chinese", "你好,世界"),
            message("message-emoji", "😀 a 👩‍👩‍👧"),
            message("message-quotes", "'\"' it's"),
            message("message-controls", "\u{1}\u{8}\n\r\u{1b}\u{7f}\u{85}"),
            message("message-like-an-option", "--help"),
            message("message-1023-bytes", &"a".repeat(1023)),
            message("message-1024-bytes", &"b".repeat(1024)),
            message("message-1025-bytes", &"c".repeat(1025)),
            message("message-cut-inside-a-character", &"汉".repeat(342)),
            message("message-65507-bytes", &"d".repeat(65507)),
            answer("answer-empty", ""),
            answer("answer-spaces", "  \t "),
            answer("answer-chinese", "你好,世界"),
            answer("answer-emoji", "😀 a 👩‍👩‍👧"),
            answer("answer-quotes", "'\"' it's"),
            answer("answer-controls", "\u{1}\u{8}\n\r\u{1b}\u{7f}\u{85}"),
            answer("answer-like-an-option", "--help"),
            answer("answer-like-an-address", "hi ('127.0.0.1', 9000)"),
            answer("answer-1024-bytes", &"e".repeat(1024)),
            answer("answer-1025-bytes", &"f".repeat(1025)),
            answer("answer-cut-between-characters", &format!("z{}", "汉".repeat(400))),
            answer("answer-cut-inside-a-character", &"汉".repeat(342)),
            answer("answer-65507-bytes", &"g".repeat(65507)),
            Vector::new("raw-empty", Input::raw([b""])),
            Vector::new("raw-every-byte", Input::raw([every_byte])),
            Vector::new("raw-not-utf8", Input::raw([b"\xff\xed\xa0\x80"])),
            Vector::new("raw-1024-binary", Input::raw([noise(1024)])),
            Vector::new("raw-5000-binary", Input::raw([noise(5000)])),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let said = || {
            prop_oneof![
                6 => text(0..=40, 1024, &['\0']),
                1 => text(300..=1200, 4000, &['\0']),
            ]
        };
        let all = (said(), said()).prop_map(|(message, answer)| Input {
            messages: vec![message],
            answer: Some(answer),
            ..Input::default()
        });
        all.boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let message: Blob = match input.lines.first() {
            Some(line) if input.raw => line.clone(),
            _ => input.messages.first().map_or(MESSAGE, String::as_str).into(),
        };
        let answer: Blob = input.answer.as_deref().unwrap_or(ANSWER).into();
        let server_screen = format!("{}\n", oracle.repr_bytes(received(&message.0))?);
        let shown = std::str::from_utf8(received(&answer.0)).ok();
        let ending = if shown.is_some() { Ending::Complete } else { Ending::Broken };
        let shown = shown.filter(|_| !input.raw);
        let screen = shown.map_or_else(String::new, |text| format!("{text} {SERVER_ADDRESS}\n"));
        Ok(Expected {
            to_server: Wire::Datagrams(vec![message]),
            to_client: Wire::Datagrams(vec![answer.clone()]),
            server: ExpectedEnd::printing(server_screen.into_bytes()),
            client: ExpectedEnd { ending, ..ExpectedEnd::printing(screen.into_bytes()) },
            printed_bytes: Vec::new(),
            body_bytes: Vec::new(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        super::errata::udp::HELLO
    }

    fn control(&self, input: &Input) -> Option<Input> {
        (!input.raw).then(|| Input { answer: input.answer.clone(), ..Input::default() })
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let exchange = |line: &Blob| [Step::Send(line.0.clone()), Step::Read(line.0.len())];
        input.lines.iter().flat_map(exchange).collect()
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        let message = input.messages.first().map(String::as_str);
        vec![match role {
            Role::Server => Literal::or("answer", input.answer.as_deref(), ANSWER),
            Role::Client => Literal::or("message", message, MESSAGE),
        }]
    }
}
