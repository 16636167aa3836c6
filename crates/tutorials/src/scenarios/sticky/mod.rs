//! `sticky`: three messages that stick together, read by recv(5).

mod errata;

use model::case::Transport;
use model::observation::Role;
use model::{
    Breaks, Check, Clause, Erratum, Expected, ExpectedEnd, Input, Literal, Notes, Step, Vector,
    Wire,
};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::shared::parts::parts_of;
use crate::shared::text::{noise, text};
use crate::tutorial::Tutorial;

pub(crate) struct Sticky;

const MESSAGES: [&str; 3] = ["1234567", "abcde", "hhhhh"];
const PARTS: usize = 3;
const PART_BYTES: usize = 5;

const CLAUSES: &[Clause] = &[
    Clause::must(
        "ST-1",
        "The client sends its three messages as UTF-8, each in its own send, with nothing between \
         or after them.",
        &[Check::ToServer],
    ),
    Clause::must("ST-2", "The server sends nothing.", &[Check::ToClient]),
    Clause::must(
        "ST-3",
        "The server prints three parts of the stream as bytes repr, from its beginning and in \
         order. Each is 1 to 5 bytes long, or empty if the stream has ended. The kernel decides \
         where the stream is cut.",
        &[Check::ServerStdout],
    ),
    Clause::must("ST-4", "The client prints nothing.", &[Check::ClientStdout]),
    Clause::must(
        "ST-5",
        "The client ends with status 0 when it has sent everything, with another status when it \
         can't.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "ST-6",
        "The server runs until it gets a signal to end, or ends with status 0 after a client.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "ST-7",
        "The server closes the connection after the third part, even if more bytes follow.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "ST-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for Sticky {
    fn name(&self) -> &'static str {
        "sticky"
    }

    fn summary(&self) -> &'static str {
        "three messages that stick together, read by recv(5) three times"
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
        let said = |name, messages: [&str; 3]| Vector::new(name, Input::saying(messages));
        let raw = |name, sends: &[&[u8]]| Vector::new(name, Input::raw(sends));
        vec![
            Vector::new("tutorial", Input::default()),
            said("five-each", ["11111", "22222", "33333"]),
            said("one-each", ["1", "2", "3"]),
            said("fourteen-bytes", ["12345", "67890", "abcd"]),
            said("sixteen-bytes", ["12345", "67890", "abcdef"]),
            said("the-first-alone", ["abcdefghij", "", ""]),
            said("the-last-alone", ["", "", "abcdefghijklmnopqrstuvwxyz"]),
            said("all-empty", ["", "", ""]),
            said("chinese-cut-inside", ["你好", "世", "界"]),
            said("quotes", ["'\"'\"", "it's", "\"b'"]),
            said("controls", ["\t\n\r\u{0b}\\", "\u{1b}\u{7f}", "\u{1}\u{8}"]),
            said("looks-like-bytes-repr", ["b'a'\n", "b''", "\\x00"]),
            said("thousand-bytes-at-the-end", ["1234567", "abcde", &"h".repeat(1000)]),
            raw("raw-merged", &[b"1234567abcdehhhhh"]),
            raw("raw-binary", &[b"\0\xff\x80\x7f\\", b"'\"\n\r\t", b"\xe4\xbd\xa0"]),
            raw("raw-exactly-fifteen", &[b"123456789012345"]),
            raw("raw-fourteen", &[b"12345678901234"]),
            raw("raw-thousand-bytes", &[&noise(1000)]),
            raw("raw-nothing", &[]),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        // The first two messages together always fit into three recv(5), however they are cut.
        // Otherwise the server could close with unread input before the client has sent the last
        // message, and so reset the connection.
        let short = || text(0..=5, 5, &['\0']);
        let longer = || text(0..=10, 10, &['\0']);
        let two = prop_oneof![(short(), longer()), (longer(), short())];
        let last = prop_oneof![3 => text(0..=12, 40, &['\0']), 1 => text(20..=60, 200, &['\0'])];
        (two, last)
            .prop_map(|((first, second), third)| Input::saying([first, second, third]))
            .boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let stream = if input.raw {
            input.raw_bytes()
        } else {
            messages(input).iter().flat_map(|message| message.bytes()).collect()
        };
        let mut parts = stream.chunks(PART_BYTES);
        let mut screen = String::new();
        for _ in 0..PARTS {
            screen += &oracle.repr_bytes(parts.next().unwrap_or_default())?;
            screen.push('\n');
        }
        Ok(Expected {
            to_server: Wire::stream(stream),
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

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let sends = input.lines.iter().map(|part| Step::Send(part.0.clone()));
        [Step::Connect].into_iter().chain(sends).chain([Step::Finish, Step::ReadEnd]).collect()
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        if role == Role::Server {
            return Vec::new();
        }
        let names = ["first", "second", "third"].into_iter().zip(MESSAGES).enumerate();
        names.map(|(nth, (name, usual))| Literal::or(name, input.message(nth), usual)).collect()
    }

    fn screen_agrees(&self, role: Role, right: &[u8], seen: &[u8]) -> bool {
        right == seen || (role == Role::Server && same_stream(right, seen).unwrap_or(false))
    }
}

fn messages(input: &Input) -> [&str; 3] {
    let mut nth = 0;
    MESSAGES.map(|usual| {
        nth += 1;
        input.message(nth - 1).unwrap_or(usual)
    })
}

/// Whether both outputs show three parts of one stream, however it was cut.
fn same_stream(one: &[u8], other: &[u8]) -> Option<bool> {
    let (one, other) = (Parts::on(one)?, Parts::on(other)?);
    let (longer, shorter) =
        if one.bytes.len() >= other.bytes.len() { (&one, &other) } else { (&other, &one) };
    let differ = longer.bytes.len() > shorter.bytes.len();
    Some(longer.bytes.starts_with(&shorter.bytes) && !(differ && shorter.met_the_end))
}

/// The three parts of a stream.
struct Parts {
    bytes: Vec<u8>,
    /// An empty part means that the stream has ended.
    met_the_end: bool,
}

impl Parts {
    fn on(screen: &[u8]) -> Option<Self> {
        let parts = parts_of(screen)?;
        let filled = parts.iter().take_while(|part| !part.is_empty()).count();
        let empty_at_the_end = parts.iter().skip(filled).all(Vec::is_empty);
        let short = parts.iter().all(|part| part.len() <= PART_BYTES);
        let is_right = parts.len() == PARTS && empty_at_the_end && short;
        is_right.then(|| Self { bytes: parts.concat(), met_the_end: filled < PARTS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(right: &str, seen: &str) -> bool {
        Sticky.screen_agrees(Role::Server, right.as_bytes(), seen.as_bytes())
    }

    #[test]
    fn any_cut_of_the_stream_is_right_and_nothing_else() {
        let merged = "b'12345'\nb'67abc'\nb'dehhh'\n";
        let apart = "b'12345'\nb'67'\nb'abcde'\n";
        for seen in [merged, apart, "b'1'\nb'2'\nb'345'\n"] {
            assert!(agree(merged, seen) && agree(seen, merged), "{seen}");
        }
        for seen in [
            "",
            "b'12345'\nb'67abc'\n",
            "b'12345'\nb'67abc'\nb'dehhh'\nb'hh'\n",
            "b'123456'\nb'7abc'\nb'dehhh'\n",
            "b'12345'\nb''\nb'67abc'\n",
            "b'12345'\nb'67'\nb''\n",
            "b'12345'\nb'bcde'\nb'hhhhh'\n",
            "b'12345'\nb'67abc'\nb'\\x64ehhh'\n",
        ] {
            assert!(!agree(merged, seen) && !agree(apart, seen), "{seen}");
        }
        assert!(!agree(merged, "b'12345'\nb'67abc'\nb'dehhx'\n"));
    }

    #[test]
    fn a_part_is_empty_only_at_the_end_of_the_stream() {
        let right = "b'12345'\nb'67'\nb''\n";
        assert!(agree(right, "b'1234'\nb'5'\nb'67'\n"));
        assert!(!agree(right, "b'12345'\nb''\nb''\n"));
        assert!(!agree(right, "b'12345'\nb'67a'\nb''\n"));
        assert!(!agree(right, "b'12345'\nb'67'\nb'a'\n"));
    }
}
