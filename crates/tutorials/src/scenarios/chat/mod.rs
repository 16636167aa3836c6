//! `chat`: one client and one server take turns, as their users type.

mod errata;
mod prompt;

use model::case::{Transport, Way};
use model::observation::Role;
use model::{Check, Clause, Ending, Erratum, Expected, Input, Step, Vector};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::oracle::{Oracle, OracleError};
use crate::scenarios::chat::prompt::CLIENT_PROMPT;
use crate::shared::disturbed;
use crate::shared::talk::{Manner, SERVER_PROMPT, somewhere, turns, words};
use crate::tutorial::Tutorial;

pub(crate) struct Chat;

const MANNER: Manner = Manner {
    client_prompt: CLIENT_PROMPT,
    before_answer: "",
    before_message: "",
    empty_answer: None,
    ending_after_trouble: Ending::Broken,
    relistens: false,
    harness_breaks_off: false,
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "CH-1",
        "The client sends each typed line as UTF-8, stripped as str.strip() does, without a \
         newline or a length. It waits for the answer before it asks for the next line. It does \
         not send a line that is empty after stripping, and asks again. It does not send a line of \
         more than 1024 bytes, which the server would take for two, and ends.",
        &[Check::ToServer, Check::Turns],
    ),
    Clause::must(
        "CH-2",
        "A message is what one recv(1024) returns. The server answers each message with the next \
         line that its user types: stripped, never empty, and at most 1024 bytes long, like the \
         client's lines.",
        &[Check::ToClient],
    ),
    Clause::must(
        "CH-3",
        "The client prints the prompt '请输入你需要发送的消息>>>:' before each line it reads, \
               and each answer, decoded as UTF-8, as a line.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "CH-4",
        "The server prints each message, decoded as UTF-8, as a line, and the prompt '请回复消息>>>:' \
         before each line it reads. The end of the client's stream is not a message.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "CH-5",
        "The client ends with status 0 at the end of its input. It ends with another status when \
         it can't send a line, when the server does not answer a message, or when the answer is \
         not UTF-8.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "CH-6",
        "The server ends with status 0 when its client has ended its stream, or at the end of its \
         own input. It ends with another status when it can't send a line, when a message is not \
         UTF-8, or when the client resets the connection.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "CH-7",
        "The server serves one client and ends. It ends at once when the client has certainly \
         gone. A client that has only ended its stream may still read, so the server answers its \
         last message.",
        &[Check::ServerEnds],
    ),
    Clause::must(
        "CH-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for Chat {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn summary(&self) -> &'static str {
        "the client's user and the server's user take turns"
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
            talk("one-byte-each", &["a"], &["b"]),
            talk("three-turns", &["hello", "how are you", "bye"], &["hi", "fine", "see you"])
                .over(disturbed::late(Way::Down)),
            talk("chinese", &["你好", "再见"], &["萨瓦迪卡客户端", "再见。"]),
            talk("emoji", &["😀 a 👩‍👩‍👧"], &["🎉"]),
            talk(
                "stripped",
                &["  a  b ", "\tc\r", "\u{3000}d\u{a0}"],
                &[" \u{1c}x ", "y\t", "z\u{85}"],
            ),
            talk("zero-width-is-kept", &["\u{200b}a\u{feff}"], &["\u{2060}b\u{200b}"]),
            talk("carriage-return-inside", &["a\rb"], &["c\rd"]),
            talk("quotes-and-controls", &["'\"\\n\u{1b}[1m"], &["\u{7}\u{8}\u{7f}\u{1}"]),
            talk("looks-like-a-prompt", &[">>>:", "b'x'"], &["请回复", "None"]),
            talk("nul-inside", &["a\0b"], &["c\0d"]),
            talk("1023-bytes", &[&"a".repeat(1023)], &[&"b".repeat(1023)]),
            talk("1024-bytes", &[&"a".repeat(1024)], &[&"b".repeat(1024)]),
            talk(
                "1024-bytes-when-stripped",
                &[&format!(" {chinese} ")],
                &[&format!("{chinese}\t")],
            ),
            talk("many-turns", &["x"; 40], &["y"; 40]),
            talk("nothing-typed", &[], &[]),
            talk("nothing-typed-at-the-client", &[], &["too", "late"]),
            talk("nothing-typed-at-the-server", &["hello"], &[]),
            talk("client-leaves-first", &["a"], &["1", "2", "3"]),
            talk("server-leaves-first", &["a", "b", "c", "d"], &["1", "2"]),
            talk("empty-message", &["a", "", "b"], &["1", "2"]),
            talk("blank-message", &[" \t\u{3000}"], &["1"]),
            talk("empty-answer", &["a", "b"], &["", "1", "2"]),
            talk("blank-answer", &["a"], &["\u{1f} \u{a0}", "1"]),
            talk("1025-bytes-to-the-server", &[&"a".repeat(1025), "b"], &["1", "2"]),
            talk("1025-bytes-to-the-client", &["a", "b"], &[&"1".repeat(1025), "2"]),
            talk("long-message-cut-in-a-character", &[&"汉".repeat(400)], &["1"]),
            talk("long-answer-cut-in-a-character", &["a"], &[&"汉".repeat(400)]),
            bytes("message-that-is-not-utf8", &[b"ok", b"\xff\xfe"], &[b"1"]),
            bytes("answer-that-is-not-utf8", &[b"a", b"b"], &[b"1", b"\xc4\xe3", b"3"]),
            raw("raw-end-of-stream", &[b"last words"], &["answered"]),
            raw("raw-end-of-stream-with-more-to-type", &[b"a", b"b"], &["1", "2", "3"]),
            raw("raw-spaces-and-newlines-are-kept", &[b" a\n\nb ", b" "], &["1", "2"]),
            raw("raw-line-end-is-kept", &[b"a\r\n"], &["1"]),
            raw("raw-1500-bytes-are-two-messages", &[&[b'x'; 1500]], &["one", "two"]),
            raw("raw-not-utf8", &[b"\xff"], &["never"]),
            raw("raw-cut-in-a-character", &["汉".repeat(342).as_bytes()], &["never"]),
            raw("raw-surrogate", &[b"ok", b"\xed\xa0\x80"], &["1", "never"]),
            at_terminals(
                "at-terminals",
                &["hello", "how are you", "bye"],
                &["hi", "fine", "see you"],
            ),
            at_terminals("at-terminals-chinese-and-emoji", &["你好", "😀"], &["萨瓦迪卡", "👩‍👩‍👧"]),
            at_terminals("at-terminals-1024-bytes", &[&"a".repeat(1024)], &[&chinese]),
            at_terminals("at-terminals-stripped", &[" a\rb\r", "\tc"], &["\u{b}1 ", "2\r"]),
            at_terminals("at-terminals-nothing-typed", &[], &[]),
            at_terminals("at-terminals-server-leaves-first", &["a", "b", "c"], &["1"]),
            at_terminals("at-terminals-client-leaves-first", &["a"], &["1", "2"]),
            at_terminals("at-terminals-empty-message", &["", "a"], &["1"]),
            at_terminals("at-terminals-empty-answer", &["a"], &["", "1"]),
            Vector::new(
                "at-terminals-not-utf8",
                Input::typed([&b"a"[..], b"\xff"]).answered_by(["1"]).at_terminals(),
            ),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let input = turns(words(), words()).prop_map(|turns| {
            let (messages, answers): (Vec<_>, Vec<_>) = turns.into_iter().unzip();
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
