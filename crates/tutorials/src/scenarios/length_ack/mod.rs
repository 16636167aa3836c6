//! `length-ack`: a message's length as text, an ok, the message.

mod errata;
mod message;

use model::case::{Transport, Way};
use model::observation::Role;
use model::{
    Breaks, Check, Clause, Erratum, Expected, ExpectedEnd, Input, Leaving, Literal, Notes, Step,
    Vector, Wire,
};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use serde_json::json;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::scenarios::length_ack::message::{announced, raw_message};
use crate::shared::disturbed;
use crate::shared::messages::message_vectors;
use crate::shared::text::{noise, noisy_text, text};
use crate::tutorial::Tutorial;

pub(crate) struct LengthAck;

const MESSAGE: &str = "hello!";

const CLAUSES: &[Clause] = &[
    Clause::must(
        "LA-1",
        "The client sends the length of its message, counted in bytes of UTF-8, as ASCII decimal \
         digits. It waits for the answer, then sends the message, and nothing else.",
        &[Check::ToServer, Check::Turns],
    ),
    Clause::must(
        "LA-2",
        "The server takes what one recv(1024) returns as the length. It answers 'ok', or nothing \
         if the length is not only digits or is over 2147483647. It sends nothing else.",
        &[Check::ToClient],
    ),
    Clause::must(
        "LA-3",
        "The server prints the bytes repr of the message, exactly as many bytes as the client \
         announced. It prints nothing of an incomplete message.",
        &[Check::ServerStdout],
    ),
    Clause::must("LA-4", "The client prints nothing.", &[Check::ClientStdout]),
    Clause::must(
        "LA-5",
        "The client ends with status 0 when it has sent everything, with another status when the \
         answer is not 'ok'.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "LA-6",
        "The server runs until it gets a signal to end, or ends with status 0 after a client. \
         No data from a client changes this.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "LA-7",
        "The server closes the connection after the message. It also closes when no length comes, \
         or when the stream ends inside the message.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "LA-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for LengthAck {
    fn name(&self) -> &'static str {
        "length-ack"
    }

    fn summary(&self) -> &'static str {
        "a message's length as text, the answer ok, then the message"
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
        let raw = |name, parts: &[&str]| Vector::new(name, Input::raw(parts));
        let mut networks = disturbed::message("6hello!".len(), false);
        networks.extend(disturbed::late(Way::Down));
        let mut vectors = message_vectors(networks);
        let long = |name, len: usize| Vector::new(name, Input::saying([noisy_text(len)]));
        vectors.extend([
            long("65535-bytes", 65535),
            long("65536-bytes", 65536),
            long("65537-bytes", 65537),
            long("100000-bytes", 100_000),
            Vector::new("raw-binary", Input::raw([&b"700"[..], &noise(700)])),
            Vector::new("raw-one-mebibyte", Input::raw([&b"1048576"[..], &noise(1 << 20)])),
            raw("raw-leading-zeros", &["0006", "hello!"]),
            raw("raw-message-in-parts", &["9", "abc", "def", "ghi"]),
            raw("raw-nothing-announced", &["0"]),
            raw("raw-message-broken-off", &["6", "hel"]),
            raw("raw-message-missing", &["6"]),
            raw("raw-message-too-long", &["3", "hello"]),
            stays_open(raw("raw-stays-open", &["6", "hello!"])),
            stays_open(raw("raw-no-number-stays-open", &["six"])),
            raw("raw-nothing", &[]),
            raw("raw-no-number", &["six"]),
            raw("raw-length-and-message-at-once", &["6hello!"]),
            raw("raw-fraction", &["6.0"]),
            raw("raw-hexadecimal", &["0x6"]),
            raw("raw-only-a-space", &[" "]),
            Vector::new("raw-length-that-is-not-utf8", Input::raw([b"6\xff"])),
            Vector::new("raw-length-behind-a-latin-1-space", Input::raw([b"\xa06"])),
            Vector::new("raw-length-in-gbk", Input::raw([b"\xa3\xb6"])),
            raw("raw-negative", &["-6"]),
            raw("raw-plus-sign", &["+0"]),
            raw("raw-space-and-newline", &[" 0\n"]),
            raw("raw-underscore", &["0_0"]),
            raw("raw-arabic-digit", &["٠"]),
            raw("raw-length-of-2147483648", &["2147483648"]),
            raw("raw-length-of-1024-digits", &["9".repeat(1024).as_str()]),
            raw("raw-1024-digits-with-leading-zeros", &[&format!("{:01024}", 6), "hello!"]),
        ]);
        vectors
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let message = prop_oneof![
            4 => text(0..=40, 4096, &['\0']),
            1 => text(300..=1200, 8192, &['\0']),
            1 => (1000..=1050_usize).prop_map(noisy_text),
            1 => (0..=100_000_usize).prop_map(noisy_text),
        ];
        message.prop_map(|message| Input::saying([message])).boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let (announced, message) = if input.raw {
            let announced = announced(input);
            let message = if announced.is_some() { raw_message(input) } else { Vec::new() };
            (announced, message)
        } else {
            let message = input.message(0).unwrap_or(MESSAGE).as_bytes().to_vec();
            (Some(message.len() as u64), message)
        };
        let mut to_server = match input.lines.first() {
            Some(length) => length.0.clone(),
            None if input.raw => Vec::new(),
            None => oracle.repr(&json!(message.len()))?.into_bytes(),
        };
        to_server.extend_from_slice(&message);
        let whole = announced.and_then(|len| message.get(..usize::try_from(len).ok()?));
        let screen = match whole {
            Some(whole) => oracle.repr_bytes(whole)? + "\n",
            None => String::new(),
        };
        let answer = if announced.is_some() { b"ok".to_vec() } else { Vec::new() };
        Ok(Expected {
            to_server: Wire::stream(to_server),
            to_client: Wire::stream(answer),
            server: ExpectedEnd::printing(screen.into_bytes()),
            client: ExpectedEnd::printing(Vec::new()),
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        errata::ERRATA
    }

    fn takes_turns(&self) -> &'static [Role] {
        &[Role::Client]
    }

    fn control(&self, input: &Input) -> Option<Input> {
        Some(if input.raw { Input::raw(["7", "control"]) } else { Input::default() })
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let mut steps = vec![Step::Connect];
        let mut parts = input.lines.iter().map(|part| Step::Send(part.0.clone()));
        steps.extend(parts.next());
        if announced(input).is_some() {
            steps.push(Step::Read(2));
            steps.extend(parts);
        }
        steps.extend(input.leaving.client_steps());
        steps
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        match role {
            Role::Server => Vec::new(),
            Role::Client => vec![Literal::or("message", input.message(0), MESSAGE)],
        }
    }
}

/// The same from a client that does not half-close: the server must still close.
fn stays_open(vector: Vector) -> Vector {
    Vector { input: vector.input.leaving(Leaving::Hold), ..vector }
}
