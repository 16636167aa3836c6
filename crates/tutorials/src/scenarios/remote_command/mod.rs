//! `remote-command`: commands to a shell, framed answers back.

mod errata;
mod notes;

use model::blob::Blob;
use model::case::{Kind, Network, Transport, Way};
use model::observation::{Direction, Role};
use model::{
    Breaks, Check, Clause, Ending, Erratum, Expected, ExpectedEnd, Harmed, Input, Notes, Step,
    Vector, Wire,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use serde_json::json;

use crate::oracle::{Oracle, OracleError};
use crate::scenarios::remote_command::notes::{BODIES, PRINTED};
use crate::shared::disturbed::{self, frame_everywhere};
use crate::tutorial::Tutorial;

pub(crate) struct RemoteCommand;

/// The longest command that one recv(1024) returns.
const COMMAND_MAX_BYTES: usize = 1024;
/// Header and dict of an answer of fewer than ten bytes.
const HEAD_BYTES: usize = 4 + r#"{"data_size": 3}"#.len();

const CLAUSES: &[Clause] = &[
    Clause::must(
        "RC-1",
        "The client sends each typed line that is not empty as UTF-8, without a newline or a \
         length, and waits for its answer before the next line. It does not send a line of more \
         than 1024 bytes, which the server would take for two, and ends.",
        &[Check::ToServer, Check::Turns],
    ),
    Clause::must(
        "RC-2",
        "The server answers each command with the header, the dict, the body, and nothing \
               else.",
        &[Check::ToClient],
    ),
    Clause::must(
        "RC-3",
        "The header is the length of the dict's text in bytes as struct.pack('i', n): four \
               bytes, signed, in the machine's byte order.",
        &[Check::ToClient],
    ),
    Clause::must(
        "RC-4",
        "The dict is the text of json.dumps({'data_size': n}), where n is the body's length in \
         bytes.",
        &[Check::ToClient],
    ),
    Clause::must(
        "RC-5",
        "The body is what /bin/sh -c COMMAND wrote to standard error. If it wrote nothing there, \
         the body is what it wrote to standard output. The body is complete, however long it is.",
        &[Check::ToClient],
    ),
    Clause::must(
        "RC-6",
        "The client prints the prompt '>>: ' before each line it reads, and after each answer the \
         body, decoded as GBK.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "RC-7",
        "The server prints 'cmd: ' and the repr of the command's bytes, then the repr of \
               what the command wrote to standard error.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "RC-8",
        "The client ends with status 0 at the end of its input, and with another status when it \
         can't send a line or an answer is not GBK.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "RC-9",
        "The server runs until it gets a signal to end. No data from a client ends it.",
        &[Check::ServerExit, Check::ServerStays],
    ),
    Clause::must(
        "RC-10",
        "Neither program itself writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
    Clause::must(
        "RC-11",
        "The server closes a connection when the client has closed it, or when the client sent \
         something that is not a command.",
        &[Check::ServerCloses],
    ),
];

impl Tutorial for RemoteCommand {
    fn name(&self) -> &'static str {
        "remote-command"
    }

    fn summary(&self) -> &'static str {
        "a command; its answer is a packed length, a JSON dict with the size, and the command's \
         output"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::STREAMS
    }

    fn size_key(&self) -> Option<&'static str> {
        Some("data_size")
    }

    fn about(&self) -> &'static str {
        include_str!("scenario.toml")
    }

    fn clauses(&self) -> &'static [Clause] {
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        let one = |name, command: &str| Vector::new(name, Input::typed([command]));
        let mut vectors = vec![
            one("no-output", "true"),
            one("only-stdout", "echo hello"),
            one("only-stderr", "echo oops >&2"),
            one("stderr-hides-stdout", "echo out; echo err >&2"),
            one("failing-without-a-word", "exit 3"),
            one("failing-with-a-message", "cat /no/such/file"),
            one("command-not-found", "no-such-command-here"),
            one("syntax-error", "echo 'unfinished"),
            one("killed-by-a-signal", "echo before; kill -9 $$"),
            one("no-newline-at-the-end", "printf abc"),
            one("only-a-newline", "echo"),
            one("only-spaces", "   "),
            one("carriage-returns", "printf 'a\\r\\nb\\r'"),
            one("low-bytes", r"printf '\000\001\002\033\176\177'"),
            one("binary-output", r"printf '\000\377\376\200x'"),
            one("gbk-output", r"printf '\304\343\272\303'").over(vec![
                Network::down(Kind::Bytewise),
                Network::down(Kind::Split(vec![HEAD_BYTES + 1])),
            ]),
            one("gbk-broken-off", r"printf 'ok\304'"),
            one("gbk-euro-byte", r"printf '\200'"),
            one("gbk-euro-pair", r"printf '\242\343'"),
            one("gbk-four-bytes", r"printf '\2010\2010'"),
            one("gbk-private-use", r"printf '\252\241'"),
            one("utf8-output-of-even-length", "echo 你好"),
            one("utf8-output-that-is-no-gbk", "echo 你"),
            one("emoji-argument", "printf %s 😀😀"),
            one("quotes-and-backslashes", r#"printf '%s' "it's \"so\" \\ $((6*7))""#),
            one("1023-bytes", "seq 1 100000 | head -c 1023"),
            one("1024-bytes", "seq 1 100000 | head -c 1024"),
            one("1025-bytes", "seq 1 100000 | head -c 1025"),
            one("2048-bytes", "seq 1 100000 | head -c 2048"),
            one("65536-bytes", "seq 1 100000 | head -c 65536"),
            one("65537-bytes", "seq 1 100000 | head -c 65537"),
            one("300000-bytes", "seq 1 100000 | head -c 300000"),
            // A cut at any power of two falls inside a character.
            one("long-gbk-output", r"printf x; printf '\326\320%.0s' $(seq 1000)"),
            one("70000-bytes-of-stderr", "seq 1 100000 | head -c 70000 >&2"),
            // The reference's server reads standard error first, so no pipe fills. Its client would not read all
            // of the answer.
            Vector::new(
                "raw-300000-bytes-of-stderr",
                Input::raw(["seq 1 100000 | head -c 300000 >&2"]),
            )
            .over(disturbed::slow(Way::Down)),
            one("both-past-a-pipe", "seq 1 100000 | head -c 70000; echo late >&2"),
            one("stdin-is-empty", "cat"),
            one("background-child", "(echo later) & wait"),
            Vector::new(
                "several-commands",
                Input::typed(["echo 1", "echo 2 >&2", "true", "pwd >&-"]),
            )
            .over(disturbed::late(Way::Down)),
            Vector::new("empty-lines-are-not-sent", Input::typed(["", "echo 1", "", "", "echo 2"])),
            one("1024-byte-command", &format!("echo {}", "a".repeat(1019))),
            Vector::new(
                "1100-byte-command",
                Input::typed(["echo first", &format!("echo {}", "a".repeat(1095))]),
            ),
            Vector::new("nothing-typed", Input::typed::<&str>([])),
            Vector::new("line-that-is-not-utf8", Input::typed([&b"echo 1"[..], b"echo \xff"])),
            Vector::new("raw-command", Input::raw(["echo raw"])),
            Vector::new("raw-command-with-newline", Input::raw(["echo a\necho b\n"])),
            Vector::new("raw-not-utf8", Input::raw([&b"echo ok"[..], b"echo \xff"])),
            Vector::new("raw-nul", Input::raw([&b"echo ok"[..], b"echo a\0b"])),
            one("short-answer", "printf abc").over(frame_everywhere(HEAD_BYTES, 3)),
        ];
        vectors.extend(crate::shared::hostile::answers());
        vectors
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        vec(command(), 1..4).prop_map(Input::typed).boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        Session::play(input, oracle)
    }

    fn errata(&self) -> &'static [Erratum] {
        errata::ERRATA
    }

    fn takes_turns(&self) -> &'static [Role] {
        &[Role::Client]
    }

    fn harmed(&self, input: &Input, given: &[u8], oracle: &Oracle) -> Result<Harmed, OracleError> {
        crate::shared::harm::answers_from(given, input, ">>: ", oracle)
    }

    fn control(&self, input: &Input) -> Option<Input> {
        let plain = Input::typed(["printf control"]);
        Some(Input { raw: input.raw, ..plain })
    }

    fn reference_goes_on(&self) -> bool {
        true
    }

    fn cuts_mean_nothing(&self, direction: Direction) -> bool {
        direction == Direction::ToClient
    }

    fn generated_networks(&self, nth: usize) -> Vec<Network> {
        // A command is what one recv returns, so a network may cut only the answers.
        disturbed::generated(nth)
    }

    fn script(&self, input: &Input, right: &Expected) -> Vec<Step> {
        let answers = right.noted(BODIES).iter().map(|body| {
            // Four bytes, the dict, the body.
            Step::Read(4 + format!("{{\"data_size\": {body}}}").len() + body)
        });
        let answers = answers.chain(std::iter::repeat(Step::ReadEnd));
        let exchange = |(line, answer): (&Blob, Step)| [Step::Send(line.0.clone()), answer];
        let exchanges = input.lines.iter().zip(answers).flat_map(exchange);
        [Step::Connect].into_iter().chain(exchanges).collect()
    }
}

/// The exchange line by line, when both programs are right.
#[derive(Default)]
struct Session {
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    server_screen: String,
    client_screen: String,
    printed_bytes: Vec<usize>,
    body_bytes: Vec<usize>,
}

impl Session {
    fn play(input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let mut session = Self::default();
        let mut ending = Ending::Complete;
        for line in &input.lines {
            if !session.turn(&line.0, input.raw, oracle)? {
                ending = Ending::Broken;
                break;
            }
        }
        if ending == Ending::Complete {
            session.client_screen.push_str(">>: ");
        }
        let mut client = ExpectedEnd::printing(session.client_screen.into_bytes());
        client.ending = ending;
        if input.raw {
            client = ExpectedEnd::printing(Vec::new());
        }
        Ok(Expected {
            to_server: Wire::stream(session.to_server),
            to_client: Wire::stream(session.to_client),
            server: ExpectedEnd::printing(session.server_screen.into_bytes()),
            client,
            notes: Notes::from([(BODIES, session.body_bytes), (PRINTED, session.printed_bytes)]),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    /// Plays one line. Returns false if it ends the session.
    fn turn(&mut self, line: &[u8], raw: bool, oracle: &Oracle) -> Result<bool, OracleError> {
        self.client_screen.push_str(">>: ");
        if line.is_empty() {
            return Ok(true);
        }
        let text = std::str::from_utf8(line).ok();
        if !raw && (text.is_none() || line.len() > COMMAND_MAX_BYTES) {
            return Ok(false);
        }
        self.to_server.extend_from_slice(line);
        self.server_screen += &format!("cmd: {}\n", oracle.repr_bytes(line)?);
        let Some(command) = text.filter(|text| !text.contains('\0')) else { return Ok(false) };
        let (out, err) = oracle.shell(command)?;
        self.server_screen += &format!("{}\n", oracle.repr_bytes(&err)?);
        self.printed_bytes.push(out.len());
        let body = if err.is_empty() { out } else { err };
        self.to_client.extend(oracle.frame_head(&json!({ "data_size": body.len() }))?);
        self.to_client.extend_from_slice(&body);
        self.body_bytes.push(body.len());
        let Some(shown) = oracle.decode_gbk(&body)? else { return Ok(raw) };
        self.client_screen.push_str(&shown);
        self.client_screen.push('\n');
        Ok(true)
    }
}

/// A command shorter than 1024 bytes whose output is known: at most 1024 bytes on either stream.
fn command() -> impl Strategy<Value = String> {
    let bytes = prop_oneof![
        3 => vec(b' '..=b'~', 0..60),
        1 => vec(any::<u8>(), 0..40),
        1 => vec(prop::sample::select(vec![0xc4, 0xe3, 0xba, 0xc3, 0x81, 0x40, 0xfe, b'\n']), 0..30),
    ];
    let written = (bytes, prop::bool::weighted(0.25)).prop_map(|(bytes, to_stderr)| {
        let escapes: String = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
        format!("printf '{escapes}'{}", if to_stderr { " >&2" } else { "" })
    });
    let counted = (0..=1024_u32).prop_map(|bytes| format!("seq 1 1000 | head -c {bytes}"));
    let spoken = crate::shared::text::line(0..=20, 60)
        .prop_map(|text| format!("printf %s '{}'", text.replace(['\'', '\r'], "")));
    let status = (0..=255_u8).prop_map(|status| format!("exit {status}"));
    prop_oneof![
        6 => written.clone(),
        2 => (written.clone(), written).prop_map(|(first, second)| format!("{first}; {second}")),
        2 => counted,
        3 => spoken,
        1 => status,
    ]
}
