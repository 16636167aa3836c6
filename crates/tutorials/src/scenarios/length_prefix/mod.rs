//! `length-prefix`: a packed length and the message, in one send.

mod errata;
mod message;

use model::case::Transport;
use model::observation::{Direction, Role};
use model::{
    Breaks, Check, Clause, Erratum, Expected, ExpectedEnd, Input, Leaving, Literal, Notes, Step,
    Vector, Wire,
};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::scenarios::length_prefix::message::whole_message;
use crate::shared::disturbed;
use crate::shared::messages::message_vectors;
use crate::shared::text::{noisy_text, text};
use crate::tutorial::Tutorial;

pub(crate) struct LengthPrefix;

const MESSAGE: &str = "hello!";

const CLAUSES: &[Clause] = &[
    Clause::must(
        "LP-1",
        "The client sends the length of its message, counted in bytes of UTF-8, as \
         struct.pack('i', n), and the message, both in one send, and nothing else.",
        &[Check::ToServer],
    ),
    Clause::must("LP-2", "The server sends nothing.", &[Check::ToClient]),
    Clause::must(
        "LP-3",
        "The server prints the bytes repr of the message, exactly as many bytes as the client \
         announced. It prints nothing if the message is incomplete or its length is negative.",
        &[Check::ServerStdout],
    ),
    Clause::must("LP-4", "The client prints nothing.", &[Check::ClientStdout]),
    Clause::must(
        "LP-5",
        "The client ends with status 0 when it has sent everything, with another status when it \
         can't.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "LP-6",
        "The server runs until it gets a signal to end, or ends with status 0 after a client. \
         No data from a client changes this.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "LP-7",
        "The server closes the connection after the message. It also closes when the stream ends \
         inside the header or the message, or when the length is negative.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "LP-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for LengthPrefix {
    fn name(&self) -> &'static str {
        "length-prefix"
    }

    fn summary(&self) -> &'static str {
        "a packed length and the message, in one send"
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
        let raw = |name, length: i32, message: &[u8]| {
            let sent = [&length.to_ne_bytes()[..], message].concat();
            Vector::new(name, Input::raw([sent]))
        };
        let mut vectors = message_vectors(disturbed::message(4 + "hello!".len(), true));
        vectors.extend([
            raw("raw-binary", 256, &(0..=255).collect::<Vec<u8>>()),
            raw("raw-nothing-announced", 0, b""),
            raw("raw-nothing-announced-and-more", 0, b"more"),
            raw("raw-message-too-long", 3, b"hello"),
            raw("raw-message-broken-off", 6, b"hel"),
            raw("raw-message-missing", 6, b""),
            raw("raw-negative", -1, b"hello!"),
            raw("raw-most-negative", i32::MIN, b""),
            stays_open(raw("raw-stays-open", 6, b"hello!")),
            stays_open(raw("raw-negative-stays-open", -1, b"")),
            Vector::new("raw-nothing", Input::raw::<&str>([])),
            Vector::new("raw-header-of-one-byte", Input::raw([b"\x06"])),
            Vector::new("raw-header-of-three-bytes", Input::raw([b"\x06\0\0"])),
        ]);
        vectors
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        // Short enough to travel in one segment. The reference calls recv once, and it is chance
        // whether that call returns all of a longer message.
        let message = prop_oneof![
            4 => text(0..=40, 4096, &['\0']),
            1 => text(300..=1200, 8192, &['\0']),
            1 => (0..=8192_usize).prop_map(noisy_text),
        ];
        message.prop_map(|message| Input::saying([message])).boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let (sent, shown) = if input.raw {
            let sent = input.raw_bytes();
            let whole = whole_message(&sent).map(<[u8]>::to_vec);
            (sent, whole)
        } else {
            let message = input.message(0).unwrap_or(MESSAGE).as_bytes();
            let header = oracle.pack_int(i64::try_from(message.len()).unwrap_or(i64::MAX))?;
            ([&header, message].concat(), Some(message.to_vec()))
        };
        let screen = match shown {
            Some(message) => oracle.repr_bytes(&message)? + "\n",
            None => String::new(),
        };
        Ok(Expected {
            to_server: Wire::stream(sent),
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

    fn control(&self, input: &Input) -> Option<Input> {
        let raw = || Input::raw([[&7_i32.to_ne_bytes()[..], b"control"].concat()]);
        Some(if input.raw { raw() } else { Input::default() })
    }

    fn cuts_mean_nothing(&self, direction: Direction) -> bool {
        direction == Direction::ToServer
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let sends = input.lines.iter().map(|part| Step::Send(part.0.clone()));
        [Step::Connect].into_iter().chain(sends).chain(input.leaving.client_steps()).collect()
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
