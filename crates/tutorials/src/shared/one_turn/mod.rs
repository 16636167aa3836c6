//! One message in each direction over a stream: the common part of `tcp-hello`, `greeting` and
//! `first-message`. They differ in what they send, and in what they print.

pub(crate) mod errata;

use model::case::{Transport, Way};
use model::observation::{Direction, Role};
use model::{
    Breaks, CLIENT_ADDRESS, Clause, Ending, Erratum, Expected, ExpectedEnd, Harmed, Input, Leaving,
    Literal, Notes, Step, Vector, Wire,
};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::shared::disturbed;
use crate::shared::text::{noise, text};
use crate::tutorial::Tutorial;

/// The longest part of a message or an answer that a program receives.
pub(crate) const RECV_BYTES: usize = 1024;

/// A scenario of this kind.
pub(crate) struct OneTurn {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    /// The tutorial's message.
    pub(crate) message: &'static str,
    /// The tutorial's answer.
    pub(crate) answer: &'static str,
    pub(crate) server_shows: Shows,
    pub(crate) client_shows: Shows,
    /// Which program waits for the other.
    pub(crate) takes_turns: &'static [Role],
    pub(crate) clauses: &'static [Clause],
    pub(crate) errata: &'static [Erratum],
    /// What documents say about it and how to start its programs: the text of `scenario.toml`.
    pub(crate) about: &'static str,
}

/// What a program prints of the received bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    Nothing,
    BytesRepr,
    /// This prefix, then the text. Bytes that are not UTF-8 end the exchange.
    TextBehind(&'static str),
}

impl Shows {
    /// The printed output; `None` if the bytes can't be printed.
    fn of(self, received: &[u8], oracle: &Oracle) -> Result<Option<String>, OracleError> {
        Ok(match self {
            Self::Nothing => Some(String::new()),
            Self::BytesRepr => Some(format!("{}\n", oracle.repr_bytes(received)?)),
            Self::TextBehind(label) => {
                std::str::from_utf8(received).ok().map(|text| format!("{label}{text}\n"))
            }
        })
    }

    const fn is_text(self) -> bool {
        matches!(self, Self::TextBehind(_))
    }
}

/// The bytes that one recv returns of one segment.
pub(crate) fn received(sent: &[u8]) -> &[u8] {
    sent.get(..RECV_BYTES).unwrap_or(sent)
}

impl Tutorial for OneTurn {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::STREAMS
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn clauses(&self) -> &'static [Clause] {
        self.clauses
    }

    fn vectors(&self) -> Vec<Vector> {
        let [message, answer] = [self.message, self.answer].map(str::len);
        let usual = Vector::new("as-the-tutorial-has-it", Input::default());
        let mut networks = disturbed::answer(answer);
        networks.extend(disturbed::message(message, false));
        if self.takes_turns.contains(&Role::Server) {
            networks.extend(disturbed::late(Way::Up));
        }
        let mut vectors = vec![usual.over(networks)];
        vectors.extend(message_vectors());
        vectors.extend(answer_vectors());
        vectors.extend(raw_vectors());
        vectors.extend(served_vectors());
        vectors
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let said = || {
            prop_oneof![
                6 => text(1..=40, RECV_BYTES, &['\0']),
                1 => text(300..=1000, RECV_BYTES, &['\0']),
            ]
        };
        let said = || said().prop_filter("no bytes are a separate case", |it| !it.is_empty());
        (said(), said()).prop_map(|(message, answer)| saying(&message, &answer)).boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let message = match input.lines.first() {
            Some(line) if input.raw => line.0.clone(),
            _ => input.message(0).unwrap_or(self.message).into(),
        };
        let shown = self.server_shows.of(received(&message), oracle)?;
        let mut server_screen = String::new();
        if self.server_shows.is_text() {
            server_screen.push_str(CLIENT_ADDRESS);
            server_screen.push('\n');
        }
        let answer = if shown.is_some() {
            input.answer().unwrap_or(self.answer).as_bytes().to_vec()
        } else {
            Vec::new()
        };
        server_screen.push_str(&shown.unwrap_or_default());

        let shown = match received(&answer) {
            [] => None,
            answer => self.client_shows.of(answer, oracle)?,
        };
        let ending = if shown.is_some() { Ending::Complete } else { Ending::Broken };
        let screen = shown.filter(|_| !input.raw).unwrap_or_default();
        let client = ExpectedEnd { ending, ..ExpectedEnd::printing(screen.into_bytes()) };
        Ok(Expected {
            to_server: Wire::stream(message),
            to_client: Wire::stream(answer),
            server: ExpectedEnd::printing(server_screen.into_bytes()),
            client,
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        self.errata
    }

    fn takes_turns(&self) -> &'static [Role] {
        self.takes_turns
    }

    fn control(&self, input: &Input) -> Option<Input> {
        let plain = if input.raw { Input::raw(["control"]) } else { Input::default() };
        Some(match input.answer() {
            Some(answer) => plain.with_answer(answer),
            None => plain,
        })
    }

    /// When a network has cut an answer, it is chance how much one recv returns. An answer that the harness
    /// serves comes in one segment.
    fn harmed(&self, input: &Input, given: &[u8], oracle: &Oracle) -> Result<Harmed, OracleError> {
        let nothing = Harmed::writing_nothing(input);
        if input.served.is_none() {
            return Ok(nothing);
        }
        let shown = self.client_shows.of(received(given), oracle)?;
        let ending = if shown.is_some() { Ending::Complete } else { Ending::Broken };
        let screen = shown.unwrap_or_default().into_bytes().into();
        Ok(Harmed { ending: Some(ending), stdout: Some(screen), ..nothing })
    }

    fn cuts_mean_nothing(&self, direction: Direction) -> bool {
        direction == Direction::ToClient
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let send = input.lines.iter().map(|line| Step::Send(line.0.clone()));
        [Step::Connect].into_iter().chain(send).chain(input.leaving.client_steps()).collect()
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        let message = input.message(0);
        vec![match role {
            Role::Server => Literal::or("answer", input.answer(), self.answer),
            Role::Client => Literal::or("message", message, self.message),
        }]
    }
}

fn saying(message: &str, answer: &str) -> Input {
    Input::saying([message]).with_answer(answer)
}

/// Texts that go wrong in careless ports.
fn texts() -> Vec<(&'static str, &'static str, String)> {
    vec![
        ("message-one-byte", "answer-one-byte", "x".to_owned()),
        ("message-chinese", "answer-chinese", "萨瓦迪卡,世界".to_owned()),
        ("message-emoji", "answer-emoji", "😀 a 👩‍👩‍👧".to_owned()),
        ("message-quotes", "answer-quotes", "'\"' it's".to_owned()),
        ("message-backslashes", "answer-backslashes", "a\\nb\\".to_owned()),
        ("message-controls", "answer-controls", "\u{1}\u{8}\u{b}\u{1b}\u{7f}\u{85}".to_owned()),
        ("message-newlines", "answer-newlines", "one\r\ntwo\n\n".to_owned()),
        ("message-spaces", "answer-spaces", "  \t  ".to_owned()),
        ("message-like-an-option", "answer-like-an-option", "--help".to_owned()),
        ("message-like-bytes", "answer-like-bytes", "b'hi'".to_owned()),
        (
            "message-combining-and-bidi",
            "answer-combining-and-bidi",
            "e\u{301}\u{202e}\u{feff}".to_owned(),
        ),
        ("message-1023-bytes", "answer-1023-bytes", "a".repeat(1023)),
        ("message-1024-bytes", "answer-1024-bytes", "b".repeat(1024)),
        ("message-1025-bytes", "answer-1025-bytes", "c".repeat(1025)),
        (
            "message-3000-bytes",
            "answer-3000-bytes",
            format!("{}{}", "d".repeat(1024), "e".repeat(1976)),
        ),
        (
            "message-cut-between-characters",
            "answer-cut-between-characters",
            format!("z{}", "汉".repeat(400)),
        ),
        ("message-cut-inside-a-character", "answer-cut-inside-a-character", "汉".repeat(342)),
    ]
}

fn message_vectors() -> Vec<Vector> {
    let message = |text: String| Input::saying([text]);
    let mut vectors = vec![
        Vector::new("message-empty", message(String::new())),
        Vector::new("typed-lines-are-nobodys", Input::typed(["not", "read"])),
    ];
    vectors.extend(texts().into_iter().map(|(name, _, text)| Vector::new(name, message(text))));
    vectors
}

fn answer_vectors() -> Vec<Vector> {
    let answer = |text: String| Input::default().with_answer(text);
    let mut vectors = vec![Vector::new("answer-empty", answer(String::new()))];
    vectors.extend(texts().into_iter().map(|(_, name, text)| Vector::new(name, answer(text))));
    vectors
}

fn raw_vectors() -> Vec<Vector> {
    let every_byte: Vec<u8> = (0..=255).collect();
    vec![
        Vector::new("raw-says-nothing-and-closes", Input::raw([b""])),
        Vector::new("raw-nul", Input::raw([b"a\0b"])),
        Vector::new("raw-every-byte", Input::raw([every_byte])),
        Vector::new("raw-1024-binary", Input::raw([noise(1024)])),
        Vector::new("raw-1025-binary", Input::raw([noise(1025)])),
        Vector::new("raw-surrogate", Input::raw([b"\xed\xa0\x80"])),
        Vector::new("raw-character-cut-short", Input::raw([b"ok \xe4\xbd"])),
        Vector::new("raw-stays-open", Input::raw([b"hello"]).leaving(Leaving::Hold)),
    ]
}

/// The harness sends these answers itself. A command line can't contain a NUL byte, or bytes that are not
/// text.
fn served_vectors() -> Vec<Vector> {
    let every_byte: Vec<u8> = (0..=255).collect();
    vec![
        Vector::new("served-nul", Input::served([b"a\0b"])),
        Vector::new("served-every-byte", Input::served([every_byte])),
        Vector::new("served-1024-binary", Input::served([noise(1024)])),
        Vector::new("served-surrogate", Input::served([b"\xed\xa0\x80"])),
        Vector::new("served-character-cut-short", Input::served([b"ok \xe4\xbd"])),
    ]
}
