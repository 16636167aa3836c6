//! `chat-guarded`: `chat`, but the programs handle empty messages and a client that
//! leaves.

mod errata;

use model::case::{Transport, Way};
use model::observation::Role;
use model::{Check, Clause, Erratum, Expected, Input, Step, Vector};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::oracle::{Oracle, OracleError};
use crate::shared::disturbed;
use crate::shared::talk::guarded::{CLIENT_PROMPT, MANNER};
use crate::shared::talk::{SERVER_PROMPT, line, somewhere, turns};
use crate::tutorial::Tutorial;

pub(crate) struct ChatGuarded;

const CLAUSES: &[Clause] = &[
    Clause::must(
        "CG-1",
        "The client sends each typed line as UTF-8, stripped as str.strip() does, without a \
         newline or a length. It waits for the answer before it asks for the next line. It does \
         not send a line that is empty after stripping, and asks again. It does not send a line of \
         more than 1024 bytes, which the server would take for two, and ends.",
        &[Check::ToServer, Check::Turns],
    ),
    Clause::must(
        "CG-2",
        "A message is what one recv(1024) returns. The server answers each message with the next \
         line that its user types, stripped; if the line is then empty, with '太忙了 暂无消息'. It does \
         not send a line of more than 1024 bytes, and ends.",
        &[Check::ToClient],
    ),
    Clause::must(
        "CG-3",
        "The client prints the prompt '请输入你想要发送的信息>>>:' before each line it reads, \
               and each answer, decoded as UTF-8, as a line that begins with '收到服务端消息>>>:'.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "CG-4",
        "The server prints each message, decoded as UTF-8, as a line that begins with \
               '收到客户端消息>>', and the prompt '请回复消息>>>:' before each line it reads.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "CG-5",
        "The client ends with status 0 at the end of its input. It ends with another status when \
         it can't send a line, when the server does not answer a message, or when the answer is \
         not UTF-8.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "CG-6",
        "The server ends with status 0 after the conversation. A client that leaves, a reset, a message that \
         is not UTF-8, a line that it can't send, or the end of its input ends the conversation.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "CG-7",
        "The server serves one client and ends. It ends at once when the client has certainly \
         gone. A client that has only ended its stream may still read, so the server answers its \
         last message.",
        &[Check::ServerEnds],
    ),
    Clause::must(
        "CG-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for ChatGuarded {
    fn name(&self) -> &'static str {
        "chat-guarded"
    }

    fn summary(&self) -> &'static str {
        "two users take turns, and no message is empty"
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
        let talk = |name, messages: &[&str], answers: &[&str]| {
            Vector::new(name, Input::typed(messages).answered_by(answers))
        };
        let at_terminals = |name, messages: &[&str], answers: &[&str]| {
            Vector::new(name, Input::typed(messages).answered_by(answers).at_terminals())
        };
        let bytes = |name, messages: &[&[u8]], answers: &[&[u8]]| {
            Vector::new(name, Input::typed(messages).answered_by(answers))
        };
        let raw = |name, messages: &[&[u8]], answers: &[&str]| {
            Vector::new(name, Input::raw(messages).answered_by(answers))
        };
        let chinese = "汉".repeat(341) + "z";
        vec![
            talk("one-turn", &["hello"], &["hi"]),
            talk("three-turns", &["hello", "how are you", "bye"], &["hi", "fine", "see you"])
                .over(disturbed::late(Way::Down)),
            talk("chinese-and-emoji", &["你好", "😀 👩‍👩‍👧"], &["萨瓦迪卡", "🎉"]),
            talk(
                "stripped",
                &["  a  b ", "\tc\r", "\u{3000}d\u{a0}"],
                &[" \u{1c}x ", "y\t", "z\u{85}"],
            ),
            talk("carriage-return-inside", &["a\rb"], &["c\rd"]),
            talk("nul-inside", &["a\0b"], &["c\0d"]),
            talk("1024-bytes", &[&"a".repeat(1024), &chinese], &[&chinese, &"b".repeat(1024)]),
            talk("empty-message", &["", "a", "", " ", "b", ""], &["1", "2"]),
            talk("only-empty-messages", &["", "\t", "\u{1f}"], &[]),
            talk("empty-answer", &["a", "b", "c"], &["", "1", " \u{3000}"]),
            talk("what-an-empty-answer-becomes-typed", &["a"], &["太忙了 暂无消息"]),
            talk("nothing-typed", &[], &[]),
            talk("nothing-typed-at-the-server", &["hello"], &[]),
            talk("client-leaves-first", &["a"], &["1", "2", "3"]),
            talk("server-leaves-first", &["a", "b", "c", "d"], &["1", "2"]),
            talk("1025-bytes-to-the-server", &[&"a".repeat(1025), "b"], &["1", "2"]),
            talk("1025-bytes-to-the-client", &["a", "b"], &[&"1".repeat(1025), "2"]),
            talk("long-message-cut-in-a-character", &[&"汉".repeat(400)], &["1"]),
            talk("long-answer-cut-in-a-character", &["a"], &[&"汉".repeat(400)]),
            bytes("message-that-is-not-utf8", &[b"ok", b"\xff\xfe"], &[b"1"]),
            bytes("answer-that-is-not-utf8", &[b"a", b"b"], &[b"1", b"\xc4\xe3", b"3"]),
            raw("raw-reset", &[b"a"], &["1", "2"]),
            raw("raw-reset-at-once", &[], &["1"]),
            raw("raw-spaces-and-newlines-are-kept", &[b" a\n\nb ", b" "], &["1", "2"]),
            raw("raw-line-end-is-kept", &[b"a\r\n"], &["1"]),
            raw("raw-1500-bytes-are-two-messages", &[&[b'x'; 1500]], &["one", "two"]),
            raw("raw-not-utf8", &[b"ok", b"\xff"], &["1", "never"]),
            raw("raw-cut-in-a-character", &["汉".repeat(342).as_bytes()], &["never"]),
            at_terminals(
                "at-terminals",
                &["hello", "how are you", "bye"],
                &["hi", "fine", "see you"],
            ),
            at_terminals("at-terminals-chinese-and-emoji", &["你好", "😀"], &["萨瓦迪卡", "👩‍👩‍👧"]),
            at_terminals("at-terminals-empty-lines", &["", "a", " ", "b"], &["", "\t"]),
            at_terminals("at-terminals-nothing-typed", &[], &[]),
            at_terminals("at-terminals-client-leaves-first", &["a"], &["1", "2"]),
            at_terminals("at-terminals-server-leaves-first", &["a", "b", "c"], &["1"]),
            Vector::new(
                "at-terminals-not-utf8",
                Input::typed(["a", "b"]).answered_by([&b"1"[..], b"\xff"]).at_terminals(),
            ),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let line = || prop_oneof![5 => line(), 1 => Just(String::new()), 1 => Just(" \t".into())];
        let input = (turns(line(), line()), vec(line(), 0..2)).prop_map(|(turns, more)| {
            let (messages, mut answers): (Vec<_>, Vec<_>) = turns.into_iter().unzip();
            answers.extend(more);
            Input::typed(messages).answered_by(answers)
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
