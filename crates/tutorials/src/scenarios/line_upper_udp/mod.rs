//! `line-upper-udp`: the server sends a line back in upper case, one datagram each way.

mod errata;

use model::blob::Blob;
use model::case::Transport;
use model::observation::Role;
use model::{
    Addresses, Breaks, CLIENT_ADDRESS, Check, Clause, Ending, Erratum, Expected, ExpectedEnd,
    Input, Literal, Notes, Step, Vector, Wire,
};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::shared::disturbed;
use crate::shared::line_upper::{LINE, hide_hosts, literals, texts};
use crate::shared::one_turn::received;
use crate::shared::text::{noise, text};
use crate::tutorial::Tutorial;

pub(crate) struct LineUpperUdp;

/// `socketserver.UDPServer.max_packet_size`.
const PACKET_BYTES: usize = 8192;

const CLAUSES: &[Clause] = &[
    Clause::must(
        "LD-1",
        "The client sends its line as UTF-8 and a newline, as one datagram.",
        &[Check::ToServer],
    ),
    Clause::must(
        "LD-2",
        "The server answers each datagram, also an empty one, with one datagram: its first 8192 \
         bytes, stripped as bytes.strip() does, a to z as A to Z.",
        &[Check::ToClient],
    ),
    Clause::must(
        "LD-3",
        "For each datagram, the server prints the sender's host and ' wrote:', then on a line of \
         its own the bytes repr of the stripped bytes.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "LD-4",
        "The client prints 'Sent:     ' and its line, then 'Received: ' and the first 1024 bytes \
         of the answer as text.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "LD-5",
        "The client ends with status 0 when it has its answer. It prints nothing and ends with \
         another status when these bytes are not UTF-8.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "LD-6",
        "The server runs until it gets a signal to end.",
        &[Check::ServerExit, Check::ServerStays],
    ),
    Clause::must(
        "LD-7",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for LineUpperUdp {
    fn name(&self) -> &'static str {
        "line-upper-udp"
    }

    fn summary(&self) -> &'static str {
        "the server sends a line back in upper case, one datagram each way"
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
        let nobody = || Vec::<&str>::new();
        let of = |name, line: String| Vector::new(name, Input::saying([line]));
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
            later: vec![Vec::new(); clients.saturating_sub(1)],
            ..Input::saying([line])
        });
        let raw = proptest::collection::vec(any::<u8>(), 0..60);
        let raw = proptest::collection::vec(raw, 1..4).prop_map(Input::raw);
        prop_oneof![4 => typed, 1 => raw].boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let line = input.message(0).unwrap_or(LINE);
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
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        errata::ERRATA
    }

    fn control(&self, input: &Input) -> Option<Input> {
        Some(if input.raw { Input::raw(["control\n"]) } else { Input::default() })
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
