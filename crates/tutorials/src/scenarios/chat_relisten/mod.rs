//! `chat-relisten`: `chat-guarded`, but the server accepts again after each client.

mod errata;

use model::case::{Transport, Way};
use model::observation::Role;
use model::{Check, Clause, Erratum, Expected, Input, Step, Vector};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::oracle::{Oracle, OracleError};
use crate::shared::disturbed;
use crate::shared::talk::guarded::{self, CLIENT_PROMPT};
use crate::shared::talk::{Manner, SERVER_PROMPT, line, somewhere, turns};
use crate::tutorial::Tutorial;

pub(crate) struct ChatRelisten;

const MANNER: Manner = Manner { relistens: true, ..guarded::MANNER };

const CLAUSES: &[Clause] = &[
    Clause::must(
        "CR-1",
        "The client sends each typed line as UTF-8, stripped as str.strip() does, without a \
         newline or a length. It waits for the answer before it asks for the next line. It does \
         not send a line that is empty after stripping, and asks again. It does not send a line of \
         more than 1024 bytes, which the server would take for two, and ends.",
        &[Check::ToServer, Check::Turns],
    ),
    Clause::must(
        "CR-2",
        "The server talks to one client after another. A message is what one recv(1024) returns. \
         The server answers each message with the next line that its user types, stripped; if the \
         line is then empty, with '太忙了 暂无消息'. It does not send a line of more than 1024 bytes, and \
         closes the connection.",
        &[Check::ToClient],
    ),
    Clause::must(
        "CR-3",
        "The client prints the prompt '请输入你想要发送的信息>>>:' before each line it reads, \
               and each answer, decoded as UTF-8, as a line that begins with '收到服务端消息>>>:'.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "CR-4",
        "The server prints each message, decoded as UTF-8, as a line that begins with \
               '收到客户端消息>>', and the prompt '请回复消息>>>:' before each line it reads.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "CR-5",
        "The client ends with status 0 at the end of its input. It ends with another status when \
         it can't send a line, when the server does not answer a message, or when the answer is \
         not UTF-8.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "CR-6",
        "The server runs until it gets a signal to end. It stays after each end of a conversation, and also \
         after the end of its input.",
        &[Check::ServerExit, Check::ServerStays],
    ),
    Clause::must(
        "CR-7",
        "The server closes a connection when the client has ended its stream or reset the \
         connection, at once when the client has certainly gone. It also closes when a message is \
         not UTF-8 or it has no answer to it. A client that has only ended its stream may still \
         read, so the server answers its last message.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "CR-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for ChatRelisten {
    fn name(&self) -> &'static str {
        "chat-relisten"
    }

    fn summary(&self) -> &'static str {
        "the server's user takes turns with the user of one client after another"
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
        let typed = |lines: &[&str]| Input::typed(lines);
        let raw = |lines: &[&[u8]]| Input::raw(lines);
        let vector =
            |name, input: Input, answers: &[&str]| Vector::new(name, input.answered_by(answers));
        let three = || typed(&["a", "b"]).then(["c"]).then(["d", "", "e"]);
        let long = "汉".repeat(400);
        vec![
            vector("one-client", typed(&["hello", "bye"]), &["hi", "bye"]),
            vector("three-clients", three(), &["1", "2", "3", "4", "5"])
                .over(disturbed::late(Way::Down)),
            vector("chinese-and-emoji", typed(&["你好"]).then(["😀"]), &["萨瓦迪卡", "👩‍👩‍👧"]),
            vector("empty-answers", typed(&["a"]).then(["b"]), &["", " "]),
            vector("a-client-that-says-nothing", typed(&[]).then(["a"]).then([""; 2]), &["1"]),
            vector("nothing-typed", typed(&[]), &[]),
            vector("nothing-more-typed-at-the-server", typed(&["a", "b"]).then(["c"]), &["1"]),
            vector(
                "1024-bytes",
                typed(&[&"a".repeat(1024)]).then(["b"]),
                &[&"1".repeat(1024), "2"],
            ),
            vector("1025-bytes-to-the-server", typed(&[&"a".repeat(1025)]), &["1", "2"]),
            vector("1025-bytes-to-the-client", typed(&["a", "b"]), &[&"1".repeat(1025), "2"]),
            vector("long-message-cut-in-a-character", typed(&[&long]), &["1"]),
            Vector::new(
                "message-that-is-not-utf8",
                Input::typed([b"a", b"\xff"]).then(["b"]).answered_by(["1", "2"]),
            ),
            Vector::new(
                "answer-that-is-not-utf8",
                Input::typed(["a"]).then(["b"]).answered_by([b"\xff", b"2"]),
            ),
            vector("nul-inside", typed(&["a\0b"]).then(["c"]), &["c\0d", "1"]),
            vector("raw-line-end-is-kept", raw(&[b"a\r\n"]).then(["b"]), &["1", "2"]),
            vector("raw-reset", raw(&[b"a", b"b"]).then(["c"]), &["1", "2", "3"]),
            vector("raw-resets-at-once", raw(&[]).then([""; 0]).then(["a"]), &["1"]),
            vector("raw-not-utf8", raw(&[b"a", b"\xff"]).then([b"\xc3"]).then(["b"]), &["1", "2"]),
            vector(
                "raw-1500-bytes-are-two-messages",
                raw(&[&[b'x'; 1500]]).then(["a"]),
                &["1", "2", "3"],
            ),
            vector("at-terminals", typed(&["a", "b", "c"]), &["1", "2", "3"]).at_terminals(),
            vector("at-terminals-three-clients", three(), &["1", "2", "3", "4", "5"])
                .at_terminals(),
            vector(
                "at-terminals-chinese-and-emoji",
                typed(&["你好"]).then(["😀"]),
                &["萨瓦迪卡", "👩‍👩‍👧"],
            )
            .at_terminals(),
            vector("at-terminals-empty-lines", typed(&["", "a"]).then([" ", "b"]), &["", "\t"])
                .at_terminals(),
            vector(
                "at-terminals-nothing-more-typed-at-the-server",
                typed(&["a", "b"]).then(["c"]),
                &["1"],
            )
            .at_terminals(),
            vector("raw-reset-at-a-terminal", raw(&[b"a"]).then(["b"]), &["1", "2"]).at_terminals(),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let line = || prop_oneof![5 => line(), 1 => Just(String::new()), 1 => Just(" \t".into())];
        let input = vec(turns(line(), line()), 1..4).prop_map(|talks| {
            let answers = talks.iter().flatten().map(|(_, answer)| answer.clone());
            let answers: Vec<_> = answers.collect();
            let mut clients = talks.iter().map(|talk| talk.iter().map(|(message, _)| message));
            let first = clients.next().map(Input::typed).unwrap_or_default();
            clients.fold(first, Input::then).answered_by(answers)
        });
        somewhere(input).boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        MANNER.right(input, oracle)
    }

    fn errata(&self) -> &'static [Erratum] {
        errata::ERRATA
    }

    fn takes_turns(&self) -> &'static [Role] {
        &[Role::Client]
    }

    fn prompt(&self, role: Role) -> Option<&'static str> {
        Some(match role {
            Role::Server => SERVER_PROMPT,
            Role::Client => CLIENT_PROMPT,
        })
    }

    fn script(&self, input: &Input, right: &Expected) -> Vec<Step> {
        MANNER.script(input, right)
    }
}
