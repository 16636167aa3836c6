//! `tcp-upper`: the server sends a stream back in upper case.

mod errata;

use model::blob::Blob;
use model::case::Transport;
use model::observation::{Direction, Role};
use model::{
    Breaks, Check, Clause, Ending, Erratum, Expected, ExpectedEnd, Harmed, Input, Notes, Step,
    Vector, Wire,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::oracle::{Oracle, OracleError};
use crate::shared::disturbed;
use crate::shared::text::{line, noise};
use crate::tutorial::Tutorial;

pub(crate) struct TcpUpper;

const PROMPT: &str = "请输入你要发送给服务端的数据:";
const RECV_BYTES: usize = 1024;

const CLAUSES: &[Clause] = &[
    Clause::must(
        "TU-1",
        "The client sends each typed line that is not empty as UTF-8, without a newline or a \
         length, and waits for its answer before the next line.",
        &[Check::ToServer, Check::Turns],
    ),
    Clause::must(
        "TU-2",
        "The server sends back every byte it receives, in order: a to z as A to Z, every other \
         byte unchanged.",
        &[Check::ToClient],
    ),
    Clause::must(
        "TU-3",
        "The client prints its prompt before each line it reads, and after each answer '服务端发来的消息: \
         ' and the answer as bytes repr. An answer is as long as the line that the client sent.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "TU-4",
        "The server prints '接收客户端的数据: ' and the bytes repr of each recv(1024).",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "TU-5",
        "The client ends with status 0 at the end of its input, and with another status when it \
         can't send a line as UTF-8.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "TU-6",
        "The server runs until it gets a signal to end.",
        &[Check::ServerExit, Check::ServerStays],
    ),
    Clause::must(
        "TU-7",
        "The server closes a connection when the client has closed it, and prints nothing more for \
         it.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "TU-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for TcpUpper {
    fn name(&self) -> &'static str {
        "tcp-upper"
    }

    fn summary(&self) -> &'static str {
        "the server sends a stream back in upper case, recv(1024) by recv(1024)"
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
        let typed = |name, lines: &[&str]| Vector::new(name, Input::typed(lines));
        let every_byte: Vec<u8> = (0..=255).collect();
        vec![
            typed("ascii", &["hello", "Hello, World 42!"]),
            typed("one-byte", &["a"]),
            typed("already-upper", &["ABC"]),
            typed("chinese", &["你好,世界"]),
            typed("letters-that-only-unicode-raises", &["straße ǆ ﬁ ı ß é я"]),
            typed("emoji", &["😀 a 👩‍👩‍👧"]),
            typed("spaces-are-kept", &["  a  ", "\t", " "]),
            typed("carriage-return-inside", &["a\rb", "c\r"]),
            typed("quotes", &["'", "\"", "'\""]),
            typed("backslash", &["a\\nb\\"]),
            typed("controls", &["\u{1}\u{8}\u{b}\u{c}\u{1b}\u{7f}"]),
            typed("unicode-separators", &["a\u{85}b\u{2028}c\u{3000}"]),
            typed("looks-like-bytes-repr", &["b'x'"]),
            typed("1023-bytes", &["a".repeat(1023).as_str()]),
            typed("1024-bytes", &["b".repeat(1024).as_str()]),
            typed("1024-bytes-of-chinese", &[format!("{}z", "汉".repeat(341)).as_str()]),
            typed("1025-bytes", &[noisy_line(1025).as_str()]),
            typed("3000-bytes", &[noisy_line(3000).as_str()]),
            typed("many-lines", &["x"; 40]),
            typed("empty-line", &[""]),
            typed("nothing-typed", &[]),
            Vector::new("line-that-is-not-utf8", Input::typed([&b"ok"[..], b"\xff\xfe"])),
            Vector::new("nul-inside", Input::typed([b"a\0b"])),
            Vector::new("raw-every-byte", Input::raw([every_byte])),
            Vector::new("raw-binary", Input::raw([noise(700), noise(1)])),
            Vector::new("raw-1024-binary", Input::raw([noise(1024)])),
            Vector::new("two-short-lines", Input::typed(["hello", "world"]))
                .over(disturbed::answer(10))
                .over(disturbed::message(10, false)),
            Vector::new("raw-end-of-stream", Input::raw(["last words"])),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let line = prop_oneof![
            6 => line(1..=40, RECV_BYTES),
            1 => line(300..=1100, RECV_BYTES),
        ];
        vec(line.prop_filter("an empty line is a separate case", |line| !line.is_empty()), 1..6)
            .prop_map(Input::typed)
            .boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let (mut sent, mut answered) = (Vec::new(), Vec::new());
        let (mut server_screen, mut client_screen) = (String::new(), String::new());
        let mut ending = Ending::Complete;
        for line in &input.lines {
            client_screen.push_str(PROMPT);
            if !input.raw && std::str::from_utf8(&line.0).is_err() {
                ending = Ending::Broken;
                break;
            }
            if line.0.is_empty() {
                continue;
            }
            sent.extend_from_slice(&line.0);
            for received in line.0.chunks(RECV_BYTES) {
                server_screen += &format!("接收客户端的数据: {}\n", oracle.repr_bytes(received)?);
            }
            let answer = oracle.upper(&line.0)?;
            client_screen += &format!("服务端发来的消息: {}\n", oracle.repr_bytes(&answer)?);
            answered.extend(answer);
        }
        if ending == Ending::Complete {
            client_screen.push_str(PROMPT);
        }
        let client_screen = if input.raw { String::new() } else { client_screen };
        let mut client = ExpectedEnd::printing(client_screen.into_bytes());
        client.ending = ending;
        Ok(Expected {
            to_server: Wire::stream(sent),
            to_client: Wire::stream(answered),
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

    fn harmed(&self, input: &Input, given: &[u8], oracle: &Oracle) -> Result<Harmed, OracleError> {
        let Wire::Stream(due) = self.right(input, oracle)?.to_client else {
            return Ok(Harmed::writing_nothing(input));
        };
        // An answer is as long as the client's line, so the client notices an incomplete
        // one.
        let is_short = given.len() < due.0.len();
        let ending = is_short.then_some(Ending::Broken);
        Ok(Harmed { ending, is_left_waiting: is_short, ..Harmed::writing_nothing(input) })
    }

    fn control(&self, input: &Input) -> Option<Input> {
        let lines = ["control"];
        Some(if input.raw { Input::raw(lines) } else { Input::typed(lines) })
    }

    fn cuts_mean_nothing(&self, direction: Direction) -> bool {
        direction == Direction::ToClient
    }

    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let exchange = |line: &Blob| [Step::Send(line.0.clone()), Step::Read(line.0.len())];
        [Step::Connect].into_iter().chain(input.lines.iter().flat_map(exchange)).collect()
    }
}

/// Printable ASCII without repetition, so that no two cuts of it look the same.
fn noisy_line(len: usize) -> String {
    noise(len).into_iter().map(|byte| char::from(b'!' + byte % 90)).collect()
}
