//! `file-transfer`: packed length, JSON dict, the file's bytes.

mod errata;

use std::collections::BTreeMap;

use model::blob::Blob;
use model::case::{Network, Transport, Way};
use model::observation::{Direction, Role};
use model::{
    Breaks, Check, Clause, Ending, Erratum, Expected, ExpectedEnd, Harmed, Input, Leaving, Literal,
    Notes, Step, Vector, Wire,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use serde_json::json;

use crate::literals::{DESC, NAME, TutorialLiterals};
use crate::oracle::{Oracle, OracleError};
use crate::shared::disturbed::{frame_everywhere, slow};
use crate::shared::text::{noise, text};
use crate::tutorial::Tutorial;

pub(crate) struct FileTransfer;

const CLAUSES: &[Clause] = &[
    Clause::must(
        "FT-1",
        "As soon as the server has accepted, it sends the header, the dict, the body, and nothing \
         else.",
        &[Check::ToClient],
    ),
    Clause::must(
        "FT-2",
        "The header is the length of the dict's text in bytes as struct.pack('i', n): four \
               bytes, signed, in the machine's byte order.",
        &[Check::ToClient],
    ),
    Clause::must(
        "FT-3",
        "The dict is the text of json.dumps of file_name, file_desc and file_size, in this \
               order, to the byte.",
        &[Check::ToClient],
    ),
    Clause::must(
        "FT-4",
        "The body is the file's bytes, unchanged, file_size of them.",
        &[Check::ToClient],
    ),
    Clause::must("FT-5", "The client sends nothing.", &[Check::ToServer]),
    Clause::must(
        "FT-6",
        "The client writes the body to its working directory under the name in file_name, \
               and no other file. The name is in UTF-8 there, and U+DC80 to U+DCFF are the bytes \
               0x80 to 0xFF.",
        &[Check::ClientFiles],
    ),
    Clause::must(
        "FT-7",
        "The client prints the dict as print(dict) does, and nothing else.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "FT-8",
        "The server prints nothing and writes no file.",
        &[Check::ServerStdout, Check::ServerFiles],
    ),
    Clause::must(
        "FT-9",
        "The client ends with status 0 when the file is complete, with another status when it is \
         not.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "FT-10",
        "The server runs until it gets a signal to end, or ends with status 0 after a client.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "FT-11",
        "The server closes the connection after the body.",
        &[Check::ServerCloses],
    ),
];

impl Tutorial for FileTransfer {
    fn name(&self) -> &'static str {
        "file-transfer"
    }

    fn summary(&self) -> &'static str {
        "at accept: packed length, JSON dict of name, description and size, the file's bytes"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::STREAMS
    }

    fn size_key(&self) -> Option<&'static str> {
        Some("file_size")
    }

    fn about(&self) -> &'static str {
        include_str!("scenario.toml")
    }

    fn clauses(&self) -> &'static [Clause] {
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        let mut vectors = content_vectors();
        vectors.extend(name_vectors());
        vectors.extend(desc_vectors());
        vectors.push(probe());
        vectors.extend(crate::shared::hostile::files());
        vectors
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let name = text(1..=40, 255, &['/', '\0'])
            .prop_filter("no file has this name", |name| !matches!(name.as_str(), "" | "." | ".."));
        let desc = text(0..=80, 4096, &['\0']);
        let size = prop_oneof![0..64_usize, 1000..1050_usize, 0..5000_usize];
        let lines = vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300);
        let file = prop_oneof![size.prop_map(noise), lines, vec(any::<u8>(), 0..3000)];
        (option::weighted(0.9, name), option::weighted(0.9, desc), file)
            .prop_map(|(name, desc, file)| about(name.as_deref(), desc.as_deref(), file))
            .boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let file = input.file.clone().unwrap_or_default();
        let dict = json!({
            "file_name": input.name(),
            "file_desc": input.desc(),
            "file_size": file.0.len(),
        });
        let mut wire = oracle.frame_head(&dict)?;
        wire.extend_from_slice(&file.0);
        let mut screen = oracle.repr(&dict)?.into_bytes();
        screen.push(b'\n');
        Ok(Expected {
            to_server: Wire::stream(Vec::new()),
            to_client: Wire::stream(wire),
            server: ExpectedEnd::printing(Vec::new()),
            client: ExpectedEnd {
                stdout: screen.into(),
                ending: Ending::Complete,
                files: BTreeMap::from([(input.name().to_owned(), file)]),
                by_itself: None,
            },
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        errata::ERRATA
    }

    fn script(&self, _: &Input, _: &Expected) -> Vec<Step> {
        vec![Step::Connect, Step::ReadEnd]
    }

    fn answering(&self, answers: &[Blob], leaving: Leaving) -> Vec<Step> {
        let sent = answers.iter().map(|answer| Step::Send(answer.0.clone()));
        [Step::Connect].into_iter().chain(sent).chain(leaving.steps()).collect()
    }

    fn harmed(&self, input: &Input, given: &[u8], oracle: &Oracle) -> Result<Harmed, OracleError> {
        crate::shared::harm::file_from(given, input, oracle)
    }

    fn control(&self, input: &Input) -> Option<Input> {
        let (served, beside) = (None, BTreeMap::new());
        Some(Input { served, beside, leaving: Leaving::Finish, ..input.clone() })
    }

    fn cuts_mean_nothing(&self, _: Direction) -> bool {
        true
    }

    fn generated_networks(&self, nth: usize) -> Vec<Network> {
        crate::shared::disturbed::generated(nth)
    }

    fn untold(&self, input: &Input) -> Option<(&'static str, Input)> {
        let mut other = input.clone();
        other.literals.unset(NAME);
        (input.name() != other.name()).then_some((NAME, other))
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        match role {
            Role::Client => Vec::new(),
            // The served file has this name, so a server that uses the file's own name needs no
            // option for it.
            Role::Server => vec![
                Literal::known(NAME, input.name()),
                Literal::or(DESC, input.literals.text(DESC), Input::default().desc()),
            ],
        }
    }
}

/// A short frame, so that a case can cut at every place in it.
fn probe() -> Vector {
    const HEAD_BYTES: usize = 4 + r#"{"file_name": "a", "file_desc": "d", "file_size": 5}"#.len();
    let input = about(Some("a"), Some("d"), b"xyz\n\0");
    Vector::new("short-frame", input).over(frame_everywhere(HEAD_BYTES, 5))
}

fn served(file: impl Into<Blob>) -> Input {
    about(None, None, file)
}

/// A file, and the name and description that the frame announces.
fn about(name: Option<&str>, desc: Option<&str>, file: impl Into<Blob>) -> Input {
    let mut input = Input { file: Some(file.into()), ..Input::default() };
    for (literal, text) in [(NAME, name), (DESC, desc)] {
        if let Some(text) = text {
            input.literals.set(literal, text.to_owned());
        }
    }
    input
}

fn content_vectors() -> Vec<Vector> {
    let every_byte: Vec<u8> = (0..=255).collect();
    vec![
        Vector::new("empty-file", served(b"")),
        Vector::new(
            "raw-client-that-reads-to-the-end",
            Input { file: Some("hello".into()), ..Input::raw([""; 0]) },
        ),
        Vector::new("one-byte", served(b"x")),
        Vector::new("1023-bytes", served(noise(1023))),
        Vector::new("1024-bytes", served(noise(1024))),
        Vector::new("1025-bytes", served(noise(1025))),
        Vector::new("one-mebibyte", served(noise(1 << 20))).over(slow(Way::Down)),
        Vector::new("every-byte-value", served(every_byte)),
        Vector::new("crlf-lines", served(b"one\r\ntwo\r\n\r\nthree")),
        Vector::new("newlines-only", served(vec![b'\n'; 3000])),
        Vector::new("one-long-line", served(vec![b'a'; 200_000])),
        Vector::new("looks-like-a-frame", served(b"\x11\0\0\0{\"data_size\": 2}hi")),
        Vector::new("utf8-text", served("第一行\n第二行\n")),
    ]
}

fn name_vectors() -> Vec<Vector> {
    let named = |name: &str| about(Some(name), None, b"body\n");
    let all_controls: String = (1..32).map(char::from).collect();
    vec![
        Vector::new("name-chinese", named("学习笔记.txt")),
        Vector::new("name-emoji", named("🎉👩‍👩‍👧.bin")),
        Vector::new("name-double-quote", named("a\"b")),
        Vector::new("name-single-quote", named("it's")),
        Vector::new("name-both-quotes", named("'\"'")),
        Vector::new("name-backslash", named("a\\b\\\\c")),
        Vector::new("name-controls", named(&all_controls)),
        Vector::new("name-del", named("a\u{7f}b")),
        Vector::new("name-newline", named("two\nlines")),
        Vector::new("name-spaces", named("  two  words  ")),
        Vector::new("name-dash", named("-rf")),
        Vector::new("name-dot-file", named(".hidden")),
        Vector::new("name-three-dots", named("...")),
        Vector::new("name-255-bytes", named(&"n".repeat(255))),
        Vector::new("name-like-an-escape", named("\\u4e2d%41&amp;")),
        Vector::new("name-bidi-and-zero-width", named("a\u{202e}b\u{200b}c\u{feff}")),
        Vector::new("name-combining", named("e\u{301}")),
        Vector::new("name-last-code-point", named("\u{10ffff}\u{ffff}\u{e000}")),
    ]
}

fn desc_vectors() -> Vec<Vector> {
    let described = |desc: &str| about(None, Some(desc), b"body\n");
    vec![
        Vector::new("desc-empty", described("")),
        Vector::new("desc-chinese", described("萨瓦迪卡客户端")),
        Vector::new("desc-emoji", described("😀😃 and text")),
        Vector::new("desc-quotes", described("\"it's\" 'so'")),
        Vector::new("desc-backslashes", described("\\\\server\\share\\n")),
        Vector::new("desc-controls-and-del", described("\u{1}\u{8}\t\n\u{c}\r\u{1b}\u{7f}\u{85}")),
        Vector::new("desc-markup", described("</script><b>&amp;")),
        Vector::new("desc-json", described("{\"file_size\": 1}")),
        Vector::new("desc-ten-thousand-characters", described(&"说明 ".repeat(3334))),
    ]
}
