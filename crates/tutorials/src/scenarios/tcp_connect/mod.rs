//! `tcp-connect`: a connection without a byte of data.

use model::case::Transport;
use model::{Breaks, Check, Clause, Expected, ExpectedEnd, Input, Notes, Step, Vector, Wire};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::oracle::{Oracle, OracleError};
use crate::shared::text::line;
use crate::tutorial::Tutorial;

pub(crate) struct TcpConnect;

const CLAUSES: &[Clause] = &[
    Clause::must("TC-1", "The client connects.", &[Check::ClientConnects]),
    Clause::must("TC-2", "Neither side sends anything.", &[Check::ToServer, Check::ToClient]),
    Clause::must(
        "TC-3",
        "The server prints 123 once it listens, and nothing else.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "TC-4",
        "The server then ends by itself with status 0, and accepts no client.",
        &[Check::ServerExit, Check::ServerEnds],
    ),
    Clause::must(
        "TC-5",
        "The client prints nothing, and ends with status 0 when it has connected.",
        &[Check::ClientExit, Check::ClientStdout],
    ),
    Clause::must(
        "TC-6",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for TcpConnect {
    fn name(&self) -> &'static str {
        "tcp-connect"
    }

    fn summary(&self) -> &'static str {
        "a connection without a byte of data"
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
        let nobody = || Vec::<&str>::new();
        vec![
            Vector::new("as-the-tutorial-has-it", Input::default()),
            Vector::new("typed-lines-are-nobodys", Input::typed(["not", "read"])),
            Vector::new("three-clients", Input::default().then(nobody()).then(nobody())),
            Vector::new("raw-connect", Input { raw: true, ..Input::default() }),
        ]
    }

    /// The scenario has no input. Neither program reads typed lines.
    fn strategy(&self) -> BoxedStrategy<Input> {
        let client = || vec(line(0..=10, 40), 0..3);
        let later = vec(client(), 0..3);
        let all = (client(), later)
            .prop_map(|(lines, later)| later.into_iter().fold(Input::typed(lines), Input::then));
        all.boxed()
    }

    fn right(&self, _: &Input, _: &Oracle) -> Result<Expected, OracleError> {
        Ok(Expected {
            to_server: Wire::stream(Vec::new()),
            to_client: Wire::stream(Vec::new()),
            server: ExpectedEnd::printing(b"123\n".to_vec()),
            client: ExpectedEnd::printing(Vec::new()),
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn script(&self, _: &Input, _: &Expected) -> Vec<Step> {
        vec![Step::Connect]
    }
}
