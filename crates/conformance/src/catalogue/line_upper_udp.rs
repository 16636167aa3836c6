//! `line-upper-udp`: a line back in upper case, a datagram each way.

use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::disturbed;
use super::line_upper::{LINE, hide_hosts, literals, texts};
use super::one_turn::received;
use super::text::{noise, text};
use super::{
    Addresses, CLIENT_ADDRESS, Check, Clause, Ending, Erratum, Expected, ExpectedEnd, Input, Level,
    Literal, Scenario, Step, Vector, Wire,
};
use crate::blob::Blob;
use crate::case::Transport;
use crate::observation::Role;
use crate::oracle::{Oracle, OracleError};

pub(super) struct LineUpperUdp;

/// `socketserver.UDPServer.max_packet_size`.
const PACKET_BYTES: usize = 8192;

const CLAUSES: &[Clause] = &[
    Clause {
        id: "LD-1",
        level: Level::Must,
        text: "The client sends its line as UTF-8 and a newline, as one datagram.",
        checks: &[Check::ToServer],
    },
    Clause {
        id: "LD-2",
        level: Level::Must,
        text: "The server answers each datagram, an empty one too, with one datagram: its first \
               8192 bytes, stripped as bytes.strip() does, a to z as A to Z.",
        checks: &[Check::ToClient],
    },
    Clause {
        id: "LD-3",
        level: Level::Must,
        text: "The server prints for each datagram its sender's host and ' wrote:', then on a line \
               of its own the bytes repr of what it stripped.",
        checks: &[Check::ServerStdout],
    },
    Clause {
        id: "LD-4",
        level: Level::Must,
        text: "The client prints 'Sent:     ' and its line, then 'Received: ' and the text of the \
               answer's first 1024 bytes.",
        checks: &[Check::ClientStdout],
    },
    Clause {
        id: "LD-5",
        level: Level::Must,
        text: "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when these bytes are not UTF-8.",
        checks: &[Check::ClientExit],
    },
    Clause {
        id: "LD-6",
        level: Level::Must,
        text: "The server goes on until it is asked to end.",
        checks: &[Check::ServerExit, Check::ServerStays],
    },
    Clause {
        id: "LD-7",
        level: Level::Must,
        text: "Neither program writes files.",
        checks: &[Check::ClientFiles, Check::ServerFiles],
    },
];

impl Scenario for LineUpperUdp {
    fn name(&self) -> &'static str {
        "line-upper-udp"
    }

    fn summary(&self) -> &'static str {
        "a line back in upper case, a datagram each way"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::DATAGRAMS
    }

    fn clauses(&self) -> &'static [Clause] {
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        let nobody = || Vec::<&str>::new();
        let of = |name, line: String| {
            Vector::new(name, Input { messages: vec![line], ..Input::default() })
        };
        let every_byte: Vec<u8> = (0..=255).collect();
        let mut vectors = vec![
            Vector::new("as-the-tutorial-has-it", Input::default()).over(disturbed::datagrams()),
            Vector::new("typed-lines-are-nobodys", Input::typed(["not", "read"])),
            Vector::new("three-clients", Input::default().then(nobody()).then(nobody())),
            of("8191-bytes", "a".repeat(8191)),
            of("8192-bytes", "b".repeat(8192)),
            of("8193-bytes", "c".repeat(8193)),
            of("blank-for-8192-bytes", format!("{}i", " ".repeat(8192))),
            of("65506-bytes", "d".repeat(65506)),
            Vector::new("raw-empty", Input::raw([b""])),
            Vector::new("raw-no-newline", Input::raw([b"hello"])),
            Vector::new("raw-every-byte", Input::raw([every_byte])),
            Vector::new("raw-8192-binary", Input::raw([noise(8192), noise(1)])),
            Vector::new("raw-past-8192-binary", Input::raw([noise(8193), noise(20_000)])),
            Vector::new("raw-many", Input::raw(["x\n"; 40])),
        ];
        vectors.extend(texts().into_iter().map(|(name, line)| of(name, line)));
        vectors
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let line = prop_oneof![
            6 => text(0..=40, 1023, &['\0']),
            1 => text(300..=4000, 10_000, &['\0']),
        ];
        let clients = prop_oneof![4 => Just(1_usize), 1 => 2..4_usize];
        let typed = (line, clients).prop_map(|(line, clients)| Input {
            messages: vec![line],
            later: vec![Vec::new(); clients.saturating_sub(1)],
            ..Input::default()
        });
        let raw = proptest::collection::vec(any::<u8>(), 0..60);
        let raw = proptest::collection::vec(raw, 1..4).prop_map(Input::raw);
        prop_oneof![4 => typed, 1 => raw].boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let line = input.messages.first().map_or(LINE, String::as_str);
        let sent: Vec<Blob> = if input.raw {
            input.lines.clone()
        } else {
            vec![Blob(format!("{line}\n").into_bytes()); input.later.len() + 1]
        };
        let (mut answers, mut server_screen) = (Vec::new(), String::new());
        let (mut client_screen, mut ending) = (String::new(), Ending::Complete);
        for Blob(sent) in &sent {
            let data = oracle.strip_bytes(sent.get(..PACKET_BYTES).unwrap_or(sent))?;
            let shown = oracle.repr_bytes(&data)?;
            server_screen += &format!("{CLIENT_ADDRESS} wrote:\n{shown}\n");
            let answer = oracle.upper(&data)?;
            match std::str::from_utf8(received(&answer)) {
                Ok(text) => client_screen += &format!("Sent:     {line}\nReceived: {text}\n"),
                Err(_) => ending = Ending::Broken,
            }
            answers.push(Blob(answer));
        }
        if input.raw {
            client_screen.clear();
        }
        Ok(Expected {
            to_server: Wire::Datagrams(sent),
            to_client: Wire::Datagrams(answers),
            server: ExpectedEnd::printing(server_screen.into_bytes()),
            client: ExpectedEnd { ending, ..ExpectedEnd::printing(client_screen.into_bytes()) },
            printed_bytes: Vec::new(),
            body_bytes: Vec::new(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        super::errata::udp::LINE_UPPER
    }

    fn control(&self, input: &Input) -> Option<Input> {
        (!input.raw).then(Input::default)
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let exchange = |line: &Blob| [Step::Send(line.0.clone()), Step::Read(line.0.len())];
        input.lines.iter().flat_map(exchange).collect()
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        literals(role, input)
    }

    fn hide_addresses(&self, role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
        hide_hosts(role, addresses, screen);
    }
}
