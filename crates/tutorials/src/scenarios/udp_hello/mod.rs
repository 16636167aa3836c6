//! `udp-hello`: a datagram and its answer.

mod errata;

use model::blob::Blob;
use model::case::Transport;
use model::observation::Role;
use model::{
    Breaks, Check, Clause, Ending, Erratum, Expected, ExpectedEnd, Input, Literal, Notes,
    SERVER_ADDRESS, Step, Vector, Wire,
};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::shared::disturbed;
use crate::shared::one_turn::received;
use crate::shared::text::{noise, text};
use crate::tutorial::Tutorial;

pub(crate) struct UdpHello;

const MESSAGE: &str = "hello";
const ANSWER: &str = "hi";

const CLAUSES: &[Clause] = &[
    Clause::must(
        "UH-1",
        "The client sends its message, also an empty one, as one datagram of UTF-8.",
        &[Check::ToServer],
    ),
    Clause::must(
        "UH-2",
        "The server answers a datagram, also an empty one, with one datagram: its answer as UTF-8.",
        &[Check::ToClient],
    ),
    Clause::must(
        "UH-3",
        "The server prints the bytes repr of the first 1024 bytes of a datagram.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "UH-4",
        "The client prints the first 1024 bytes of the answer as text, and the answer's sender \
         address as Python's recvfrom gives it.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "UH-5",
        "The client ends with status 0 when it has its answer. It prints nothing and ends with \
         another status when these bytes are not UTF-8.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "UH-6",
        "The server runs until it gets a signal to end, or ends with status 0 after a datagram.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "UH-7",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for UdpHello {
    fn name(&self) -> &'static str {
        "udp-hello"
    }

    fn summary(&self) -> &'static str {
        "a datagram and its answer"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::DATAGRAMS
    }

    fn about(&self) -> &'static str {
        include_str!("scenario.toml")
    }

    fn clauses(&self) -> &'static [Clause] {
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        let message = |name, text: &str| Vector::new(name, Input::saying([text]));
        let answer = |name, text: &str| Vector::new(name, Input::default().with_answer(text));
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
        let all = (said(), said())
            .prop_map(|(message, answer)| Input::saying([message]).with_answer(answer));
        all.boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let message: Blob = match input.lines.first() {
            Some(line) if input.raw => line.clone(),
            _ => input.message(0).unwrap_or(MESSAGE).into(),
        };
        let answer: Blob = input.answer().unwrap_or(ANSWER).into();
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
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        errata::ERRATA
    }

    fn control(&self, input: &Input) -> Option<Input> {
        let plain = if input.raw { Input::raw(["control"]) } else { Input::default() };
        Some(match input.answer() {
            Some(answer) => plain.with_answer(answer),
            None => plain,
        })
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let exchange = |line: &Blob| [Step::Send(line.0.clone()), Step::Read(line.0.len())];
        input.lines.iter().flat_map(exchange).collect()
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        let message = input.message(0);
        vec![match role {
            Role::Server => Literal::or("answer", input.answer(), ANSWER),
            Role::Client => Literal::or("message", message, MESSAGE),
        }]
    }
}
