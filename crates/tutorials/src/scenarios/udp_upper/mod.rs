//! `udp-upper`: the server sends datagrams back in upper case.

mod errata;

use model::blob::Blob;
use model::case::Transport;
use model::observation::Role;
use model::{
    Breaks, CLIENT_ADDRESS, Check, Clause, Ending, Erratum, Expected, ExpectedEnd, Input, Notes,
    Step, Vector, Wire,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::oracle::{Oracle, OracleError};
use crate::shared::disturbed;
use crate::shared::text::{line, noise};
use crate::tutorial::Tutorial;

pub(crate) struct UdpUpper;

const RECV_BYTES: usize = 1024;

const CLAUSES: &[Clause] = &[
    Clause::must(
        "UU-1",
        "The client sends each typed line, also an empty one, as one datagram of UTF-8, stripped \
         as str.strip() does. It waits for its answer before the next line.",
        &[Check::ToServer, Check::Turns],
    ),
    Clause::must(
        "UU-2",
        "The server answers each datagram, also an empty one, with one datagram: its first 1024 \
         bytes, a to z as A to Z, every other byte unchanged.",
        &[Check::ToClient],
    ),
    Clause::must(
        "UU-3",
        "The client prints the prompt '>>: ' before each line it reads, and after each \
               answer the bytes repr of its first 1024 bytes.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "UU-4",
        "For each datagram, the server prints '===> ', the bytes repr of its first 1024 bytes, and \
         the sender's address as Python's recvfrom gives it.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "UU-5",
        "The client ends with status 0 at the end of its input, and with another status when it \
         can't send a line as UTF-8.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "UU-6",
        "The server runs until it gets a signal to end.",
        &[Check::ServerExit, Check::ServerStays],
    ),
    Clause::must(
        "UU-7",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for UdpUpper {
    fn name(&self) -> &'static str {
        "udp-upper"
    }

    fn summary(&self) -> &'static str {
        "the server sends each datagram's first 1024 bytes back in upper case"
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
        let typed = |name, lines: &[&str]| Vector::new(name, Input::typed(lines));
        let every_byte: Vec<u8> = (0..=255).collect();
        vec![
            typed("ascii", &["hello", "Hello, World 42!"]),
            typed("empty-datagram", &[""]),
            typed("empty-after-strip", &["   ", "\t", " \u{3000}\u{a0}"]),
            typed("stripped", &["  a b  ", "\tc\r", "\u{1c}d\u{85}", "\u{200b}e\u{feff}"]),
            typed("three-lines", &["one", "two", "three"]).over(disturbed::datagrams()),
            typed("chinese", &["你好,世界"]),
            typed("letters-that-only-unicode-raises", &["straße ǆ ﬁ ı ß é я"]),
            typed("emoji", &["😀 a 👩‍👩‍👧"]),
            typed("quotes", &["'", "\"", "'\""]),
            typed("controls", &["a\u{1}\u{8}\u{1b}\u{7f}b"]),
            typed("1023-bytes", &["a".repeat(1023).as_str()]),
            typed("1024-bytes", &["b".repeat(1024).as_str()]),
            typed("1025-bytes", &["c".repeat(1025).as_str()]),
            typed("cut-inside-a-character", &["汉".repeat(342).as_str()]),
            typed("9000-bytes", &["d".repeat(9000).as_str()]),
            typed("65507-bytes", &["e".repeat(65507).as_str()]),
            typed("many-lines", &["x"; 40]),
            typed("nothing-typed", &[]),
            Vector::new("line-that-is-not-utf8", Input::typed([&b"ok"[..], b"\xff\xfe"])),
            Vector::new("raw-every-byte", Input::raw([every_byte])),
            Vector::new("raw-binary", Input::raw([noise(1), Vec::new(), noise(1024)])),
            Vector::new("raw-binary-past-1024", Input::raw([noise(1025), noise(5000)])),
            Vector::new("raw-spaces-are-kept", Input::raw([&b" a\t"[..], b"\n", b"\r\nb \0"])),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let line = prop_oneof![
            6 => line(0..=40, RECV_BYTES),
            1 => line(300..=1200, 4000),
        ];
        vec(line, 1..6).prop_map(Input::typed).boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let (mut sent, mut answered) = (Vec::new(), Vec::new());
        let (mut server_screen, mut client_screen) = (String::new(), String::new());
        let mut ending = Ending::Complete;
        for line in &input.lines {
            client_screen.push_str(">>: ");
            let message = if input.raw {
                line.0.clone()
            } else if let Ok(line) = std::str::from_utf8(&line.0) {
                oracle.strip(line)?.into_bytes()
            } else {
                ending = Ending::Broken;
                break;
            };
            let received = message.get(..RECV_BYTES).unwrap_or(&message);
            let shown = oracle.repr_bytes(received)?;
            server_screen += &format!("===> {shown} {CLIENT_ADDRESS}\n");
            let answer = oracle.upper(received)?;
            client_screen += &format!("{}\n", oracle.repr_bytes(&answer)?);
            answered.push(Blob(answer));
            sent.push(Blob(message));
        }
        if ending == Ending::Complete {
            client_screen.push_str(">>: ");
        }
        let client_screen = if input.raw { String::new() } else { client_screen };
        let mut client = ExpectedEnd::printing(client_screen.into_bytes());
        client.ending = ending;
        Ok(Expected {
            to_server: Wire::Datagrams(sent),
            to_client: Wire::Datagrams(answered),
            server: ExpectedEnd::printing(server_screen.into_bytes()),
            client,
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
        Some(if input.raw { Input::raw(["control"]) } else { Input::typed(["control"]) })
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let exchange = |line: &Blob| [Step::Send(line.0.clone()), Step::Read(line.0.len())];
        input.lines.iter().flat_map(exchange).collect()
    }
}
