//! A line back in upper case, over a stream. One server serves each client in its own thread, the other
//! serves one client after another; the same inputs test both.

pub(crate) mod errata;

use model::blob::Blob;
use model::case::Transport;
use model::observation::{Direction, Role};
use model::scenario::replace;
use model::{
    Addresses, Breaks, CLIENT_ADDRESS, Clause, Ending, Erratum, Expected, ExpectedEnd, Harmed,
    Input, Literal, Notes, Step, Vector, Wire,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::shared::disturbed;
use crate::shared::one_turn::received;
use crate::shared::text::{noise, text};
use crate::tutorial::Tutorial;

mod screen;

pub(crate) const LINE: &str = "hello";

/// A scenario of this kind.
pub(crate) struct LineUpper {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) clauses: &'static [Clause],
    pub(crate) errata: &'static [Erratum],
    /// What documents say about it and how to start its programs: the text of `scenario.toml`.
    pub(crate) about: &'static str,
    /// Whether other clients are served while one client sends nothing.
    pub(crate) is_concurrent: bool,
}

impl Tutorial for LineUpper {
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
        let nobody = || Vec::<&str>::new();
        let mut vectors = vec![
            Vector::new("as-the-tutorial-has-it", Input::default())
                .over(disturbed::answer("HELLO".len()))
                .over(disturbed::message("hello\n".len(), false)),
            Vector::new("typed-lines-are-nobodys", Input::typed(["not", "read"])),
            Vector::new("three-clients", Input::default().then(nobody()).then(nobody())),
        ];
        let of = |(name, text): (_, String)| Vector::new(name, Input::saying([text]));
        vectors.extend(texts().into_iter().map(of));
        vectors.extend(raw_vectors());
        vectors
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let line = prop_oneof![
            6 => text(0..=40, 1023, &['\0']),
            1 => text(300..=1000, 1023, &['\0']),
        ];
        let clients = prop_oneof![4 => Just(1_usize), 1 => 2..4_usize];
        let typed = (line, clients).prop_map(|(line, clients)| Input {
            later: vec![Vec::new(); clients.saturating_sub(1)],
            ..Input::saying([line])
        });
        let raw = vec(vec(any::<u8>(), 0..60), 1..4).prop_map(Input::raw);
        prop_oneof![4 => typed, 1 => raw].boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let line = input.message(0).unwrap_or(LINE);
        let sent: Vec<Vec<u8>> = if input.raw {
            input.lines.iter().map(|line| line.0.clone()).collect()
        } else {
            vec![format!("{line}\n").into_bytes(); input.later.len() + 1]
        };
        let (mut answers, mut server_screen) = (Vec::new(), String::new());
        let (mut client_screen, mut ending) = (String::new(), Ending::Complete);
        for sent in &sent {
            let data = oracle.strip_bytes(received(sent))?;
            let shown = oracle.repr_bytes(&data)?;
            server_screen += &format!("{CLIENT_ADDRESS} wrote:\n{shown}\n");
            let answer = oracle.upper(&data)?;
            match std::str::from_utf8(&answer) {
                Ok(text) => client_screen += &format!("Sent:     {line}\nReceived: {text}\n"),
                Err(_) => ending = Ending::Broken,
            }
            answers.extend(answer);
        }
        if input.raw {
            client_screen.clear();
        }
        Ok(Expected {
            to_server: Wire::stream(sent.concat()),
            to_client: Wire::stream(answers),
            server: ExpectedEnd::printing(server_screen.into_bytes()),
            client: ExpectedEnd { ending, ..ExpectedEnd::printing(client_screen.into_bytes()) },
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        self.errata
    }

    fn harmed(&self, input: &Input, given: &[u8], oracle: &Oracle) -> Result<Harmed, OracleError> {
        let line = format!("{}\n", input.message(0).unwrap_or(LINE));
        let is_blank = oracle.strip_bytes(received(line.as_bytes()))?.is_empty();
        let harmed = Harmed::writing_nothing(input);
        // A connection that ends without the due answer has not brought an empty answer.
        let is_lost = given.is_empty() && !is_blank;
        let ending = is_lost.then_some(Ending::Broken);
        Ok(Harmed { ending, is_left_waiting: is_lost, ..harmed })
    }

    fn control(&self, input: &Input) -> Option<Input> {
        Some(if input.raw { Input::raw(["control\n"]) } else { Input::default() })
    }

    fn reference_goes_on(&self) -> bool {
        true
    }

    fn cuts_mean_nothing(&self, direction: Direction) -> bool {
        direction == Direction::ToClient
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let (is_first_done, silent) = (input.lines.len() > 2, usize::from(input.lines.len() > 2));
        let say = |line: &Blob| [Step::Send(line.0.clone()), Step::Finish];
        let mut steps = Vec::new();
        if let (Some(first), true) = (input.lines.first(), is_first_done) {
            // So the server is up, and accepts the others in their order.
            steps.push(Step::Connect);
            steps.extend(say(first));
            steps.push(Step::ReadEnd);
        }
        steps.extend(input.lines.iter().skip(silent).map(|_| Step::Connect));
        let mut reads = Vec::new();
        for (number, line) in input.lines.iter().enumerate().skip(silent + 1) {
            steps.push(Step::Turn(number));
            steps.extend(say(line));
            reads.extend([Step::Turn(number), Step::ReadEnd]);
        }
        let line = input.lines.get(silent).into_iter().flat_map(say);
        let last = [Step::Turn(silent)].into_iter().chain(line).chain([Step::ReadEnd]);
        if self.is_concurrent {
            // All later clients have their answers before this one sends anything.
            steps.into_iter().chain(reads).chain(last).collect()
        } else {
            // All later clients wait when this one sends something.
            steps.into_iter().chain(last).chain(reads).collect()
        }
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        literals(role, input)
    }

    fn hide_addresses(&self, role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
        hide_hosts(role, addresses, screen);
    }

    fn screen_agrees(&self, role: Role, right: &[u8], seen: &[u8]) -> bool {
        right == seen || (role == Role::Server && screen::same_clients(right, seen))
    }
}

/// The client's line.
pub(crate) fn literals(role: Role, input: &Input) -> Vec<Literal> {
    match role {
        Role::Server => Vec::new(),
        Role::Client => {
            vec![Literal::or("message", input.message(0), LINE)]
        }
    }
}

/// A client's host is shown without its port, before `wrote:`.
pub(crate) fn hide_hosts(role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
    if role == Role::Server {
        for client in &addresses.clients {
            let shown = format!("{} wrote:", client.host());
            replace(screen, &shown, &format!("{CLIENT_ADDRESS} wrote:"));
        }
    }
}

/// Lines that go wrong in careless ports.
pub(crate) fn texts() -> Vec<(&'static str, String)> {
    vec![
        ("one-byte", "x".to_owned()),
        ("empty", String::new()),
        ("blank", " \t\r\u{b}\u{c}".to_owned()),
        ("stripped", "  a b\t\r".to_owned()),
        ("separators-stay", "\u{1c}a\u{1f}\u{85}\u{a0}\u{3000}".to_owned()),
        ("newlines", "\none\r\ntwo\n\n".to_owned()),
        ("already-upper", "ABC".to_owned()),
        ("chinese", "你好,世界".to_owned()),
        ("letters-that-only-unicode-raises", "straße ǆ ﬁ ı ß é я".to_owned()),
        ("emoji", "😀 a 👩‍👩‍👧".to_owned()),
        ("quotes", "'\"' it's".to_owned()),
        ("controls", "\u{1}\u{8}\u{1b}\u{7f}".to_owned()),
        ("like-an-option", "--help".to_owned()),
        ("like-bytes", "b'hi'".to_owned()),
        ("1022-bytes", "a".repeat(1022)),
        ("1023-bytes", "b".repeat(1023)),
        ("1024-bytes", "c".repeat(1024)),
        ("1025-bytes", "d".repeat(1025)),
        ("3000-bytes", format!("{}{}", "e".repeat(1024), "f".repeat(1976))),
        ("cut-inside-a-character", "汉".repeat(342)),
        ("cut-after-a-space", format!("{} {}", "g".repeat(1023), "h".repeat(100))),
        ("blank-for-1024-bytes", format!("{}i", " ".repeat(1024))),
    ]
}

fn raw_vectors() -> Vec<Vector> {
    let every_byte: Vec<u8> = (0..=255).collect();
    vec![
        Vector::new("raw-says-nothing-and-closes", Input::raw([b""])),
        Vector::new("raw-no-newline", Input::raw([b"hello"])),
        Vector::new("raw-every-byte", Input::raw([every_byte])),
        Vector::new("raw-nul-and-spaces", Input::raw([b" \0 \r\n"])),
        Vector::new("raw-1024-binary", Input::raw([noise(1024)])),
        Vector::new("raw-1025-binary", Input::raw([noise(1025)])),
        Vector::new("raw-first-is-last", Input::raw(["first\n", "second\n"])),
        Vector::new("raw-second-is-last", Input::raw(["one\n", "two\n", "three\n"])),
        Vector::new("raw-five-clients", Input::raw(["a\n", "bb\n", "ccc\n", "dddd\n", "\n"])),
    ]
}
