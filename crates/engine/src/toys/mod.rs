//! Two toy scenarios, and peers that play them. The engine's tests need only these.
//!
//! | scenario | over | what |
//! |---|---|---|
//! | `repeat` | a stream | the server sends each line back |
//! | `knock` | datagrams | the server answers each datagram |
//!
//! `teacher` is the reference. `pupil` is a guest with the same programs. In `repeat`, the server of `dunce`
//! answers in upper case, the server of `dawdler` answers late, and the client of `babbler` does not wait for
//! its answers.

mod runs;

use std::path::Path;
use std::sync::Arc;

use model::blob::Blob;
use model::case::{Kind, Network, Transport};
use model::observation::{Direction, Role};
use model::{
    Breaks, Catalogue, Check, Clause, Expected, ExpectedEnd, Generator, Input, Notes, RightError,
    Scenario, Vector, Wire, one_generator,
};
use proptest::collection::vec;
use proptest::strategy::{BoxedStrategy, Strategy};

use crate::peer::{Peer, Peers, Template};

/// Both scenarios.
pub(crate) fn catalogue() -> Catalogue {
    Catalogue::new(vec![Arc::new(Repeat), Arc::new(Knock)])
}

/// The reference, and these guests.
pub(crate) fn peers(guests: &[&str]) -> Peers {
    let mut peers = Peers::new(vec![peer("teacher")], Vec::new());
    for name in guests {
        let manifest = Some(Path::new("/toys").join(name).with_extension("toml"));
        peers.add(Peer { manifest, is_stranger: true, ..peer(name) }).unwrap();
    }
    peers
}

fn peer(name: &str) -> Peer {
    let command = |program: &str| {
        let path = format!("{}/src/toys/{program}.py", env!("CARGO_MANIFEST_DIR"));
        ["python3", &path, "{host}", "{port}"].map(str::to_owned).to_vec()
    };
    let role = |role: &str| {
        let both = ["repeat", "knock"].map(|scenario| {
            (scenario.to_owned(), Template(command(&format!("{scenario}_{role}"))))
        });
        std::collections::BTreeMap::from(both)
    };
    let mut peer = Peer {
        name: name.to_owned(),
        language: "Python".to_owned(),
        stdout: true,
        server: role("server"),
        client: role("client"),
        ..Peer::default()
    };
    let (programs, manner) = match name {
        "dunce" => (&mut peer.server, "wrong"),
        "dawdler" => (&mut peer.server, "slow"),
        "babbler" => (&mut peer.client, "hasty"),
        _ => return peer,
    };
    if let Some(Template(command)) = programs.get_mut("repeat") {
        command.push(manner.to_owned());
    }
    peer
}

/// Typed lines of one to ten small letters.
fn lines() -> BoxedStrategy<Input> {
    vec("[a-z]{1,10}", 1..4).prop_map(Input::typed).boxed()
}

/// What both programs of a toy do with typed lines. `answer` makes the server's answer to a line.
fn exchange(input: &Input, wire: fn(Vec<Blob>) -> Wire, answer: fn(&Blob) -> Blob) -> Expected {
    let answers: Vec<Blob> = input.lines.iter().map(answer).collect();
    let screen = answers.iter().flat_map(|answer| [&answer.0[..], b"\n"].concat()).collect();
    Expected {
        to_server: wire(input.lines.clone()),
        to_client: wire(answers),
        server: ExpectedEnd::printing(Vec::new()),
        client: ExpectedEnd::printing(screen),
        notes: Notes::new(),
        breaks: <[Breaks; 2]>::default(),
    }
}

/// See [the module](self).
struct Repeat;

const REPEAT: &[Clause] = &[
    Clause::must(
        "RE-1",
        "The client sends each line, and waits for it to come back before the next.",
        &[Check::ToServer, Check::Turns],
    ),
    Clause::must("RE-2", "The server sends each line back.", &[Check::ToClient]),
    Clause::must(
        "RE-3",
        "Each ends well, and the server serves the next client.",
        &[Check::ClientExit, Check::ServerExit, Check::NextClient],
    ),
];

impl Scenario for Repeat {
    fn name(&self) -> &str {
        "repeat"
    }

    fn summary(&self) -> &str {
        "each line comes back"
    }

    fn reference(&self) -> &str {
        "teacher"
    }

    fn transports(&self) -> &[Transport] {
        &[Transport::Tcp4]
    }

    fn clauses(&self) -> &[Clause] {
        REPEAT
    }

    fn vectors(&self) -> Vec<Vector> {
        let split = Network::down(Kind::Split(vec![2]));
        let cut = Network::down(Kind::Cut(3));
        vec![Vector::new("two-lines", Input::typed(["one", "two"])).over([split, cut])]
    }

    fn generators(&self) -> Vec<Generator> {
        one_generator(lines())
    }

    fn right(&self, input: &Input) -> Result<Expected, RightError> {
        let stream = |lines: Vec<Blob>| {
            Wire::stream(lines.iter().flat_map(|line| [&line.0[..], b"\n"].concat()).collect())
        };
        Ok(exchange(input, stream, Blob::clone))
    }

    fn control(&self, _: &Input) -> Option<Input> {
        Some(Input::typed(["again"]))
    }

    fn reference_goes_on(&self) -> bool {
        true
    }

    fn cuts_mean_nothing(&self, _: Direction) -> bool {
        true
    }

    fn takes_turns(&self) -> &[Role] {
        &[Role::Client]
    }
}

/// See [the module](self).
struct Knock;

const KNOCK: &[Clause] = &[Clause::must("KN-1", "Each knock is answered.", &[Check::ToClient])];

impl Scenario for Knock {
    fn name(&self) -> &str {
        "knock"
    }

    fn summary(&self) -> &str {
        "each datagram is answered"
    }

    fn reference(&self) -> &str {
        "teacher"
    }

    fn transports(&self) -> &[Transport] {
        &[Transport::Udp4]
    }

    fn clauses(&self) -> &[Clause] {
        KNOCK
    }

    fn vectors(&self) -> Vec<Vector> {
        vec![Vector::new("one-knock", Input::typed(["me"]))]
    }

    fn generators(&self) -> Vec<Generator> {
        one_generator(lines())
    }

    fn right(&self, input: &Input) -> Result<Expected, RightError> {
        let who = |knock: &Blob| Blob([b"who is ", &knock.0[..]].concat());
        Ok(exchange(input, Wire::Datagrams, who))
    }
}
