//! `tcp-connect`: a connection, and not a byte over it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::text::line;
use super::{Check, Clause, Expected, ExpectedEnd, Input, Level, Scenario, Step, Vector, Wire};
use crate::case::Transport;
use crate::oracle::{Oracle, OracleError};

pub(super) struct TcpConnect;

const CLAUSES: &[Clause] = &[
    Clause {
        id: "TC-1",
        level: Level::Must,
        text: "The client connects.",
        checks: &[Check::ClientConnects],
    },
    Clause {
        id: "TC-2",
        level: Level::Must,
        text: "Neither side sends anything.",
        checks: &[Check::ToServer, Check::ToClient],
    },
    Clause {
        id: "TC-3",
        level: Level::Must,
        text: "The server prints 123 when it listens, and nothing else.",
        checks: &[Check::ServerStdout],
    },
    Clause {
        id: "TC-4",
        level: Level::Must,
        text: "The server then ends by itself with status 0, and accepts nobody.",
        checks: &[Check::ServerExit, Check::ServerEnds],
    },
    Clause {
        id: "TC-5",
        level: Level::Must,
        text: "The client prints nothing, and ends with status 0 when it has connected.",
        checks: &[Check::ClientExit, Check::ClientStdout],
    },
    Clause {
        id: "TC-6",
        level: Level::Must,
        text: "Neither program writes files.",
        checks: &[Check::ClientFiles, Check::ServerFiles],
    },
];

impl Scenario for TcpConnect {
    fn name(&self) -> &'static str {
        "tcp-connect"
    }

    fn summary(&self) -> &'static str {
        "a connection, and not a byte over it"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::STREAMS
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

    /// There is nothing to put in. What can be typed is nobody's.
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
            printed_bytes: Vec::new(),
            body_bytes: Vec::new(),
        })
    }

    fn script(&self, _: &Input, _: &Expected) -> Vec<Step> {
        vec![Step::Connect]
    }
}
