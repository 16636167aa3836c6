//! Every mistake in a protocol file is shown in its line, all of them at once, with what was
//! probably meant.

use super::common::{Home, WHOLE};
use proptest::prelude::*;

/// A minimal file.
const SMALL: &str = r#"name = "up"
[reference]
server = ["python3", "s.py", "{port}"]
client = ["python3", "c.py", "{port}"]
[[input]]
name = "one"
typed = ["x"]
"#;

/// The message about the small file with `old` replaced by `new`.
fn said(home: &Home, old: &str, new: &str) -> String {
    assert_eq!(SMALL.matches(old).count(), 1, "{old}");
    home.read(SMALL.replace(old, new)).expect_err(new)
}

/// The line and the column of the first place that a message shows.
fn place(message: &str) -> &str {
    let (_, behind) = message.split_once("it.toml:").unwrap_or_else(|| panic!("{message}"));
    behind.lines().next().unwrap()
}

/// Changes of the small file: each gives a mistake at this place, in these words.
fn each_is_refused(changes: &[(&str, &str, &str, &[&str])]) {
    let home = Home::new();
    for (old, new, at, words) in changes {
        let message = said(&home, old, new);
        assert_eq!(place(&message), *at, "{message}");
        for word in *words {
            assert!(message.contains(word), "{word:?} is not in:\n{message}");
        }
    }
}

#[test]
fn a_file_with_all_that_there_may_be_is_read_without_a_warning() {
    let home = Home::new();
    let protocol = home.read(WHOLE).unwrap();
    assert_eq!(protocol.warnings(), None);
    assert_eq!(protocol.masks().len(), 3);
    assert!(home.read(SMALL).unwrap().warnings().is_none());
}

#[test]
fn a_key_that_is_unknown_is_shown_at_every_level_with_the_one_that_was_meant() {
    each_is_refused(&[
        ("name = \"up\"", "name = \"up\"\nsummry = \"x\"", "2:1", &["did you mean \"summary\"?"]),
        ("[reference]\n", "[reference]\nlangage = \"C\"\n", "3:1", &["did you mean \"language\"?"]),
        (
            "typed = [\"x\"]",
            "typd = [\"x\"]",
            "7:1",
            &["\"typd\" is not a key of [[input]]", "did you mean \"typed\"?"],
        ),
        (
            "name = \"up\"",
            "name = \"up\"\n[compare]\nturn = true\n",
            "3:1",
            &["did you mean \"turns\"?"],
        ),
        (
            "typed = [\"x\"]",
            "typed = [\"x\"]\n[[mask]]\nstream = \"to-client\"\npatern = 'x'",
            "8:1",
            &["it.toml:10:1", "did you mean \"pattern\"?"],
        ),
        (
            "typed = [\"x\"]",
            "client-files = { a = { pth = \"b\" } }",
            "7:22",
            &["did you mean \"path\"?"],
        ),
        (
            "typed = [\"x\"]",
            "typed = [\"{v}\"]\n[vary]\nv = { kind = \"text\", maxx = 3 }",
            "9:22",
            &["did you mean \"max\"?"],
        ),
        (
            "typed = [\"x\"]",
            "terminal = true\nprompt = { clent = \"> \" }",
            "8:12",
            &["did you mean \"client\"?"],
        ),
        (
            "typed = [\"x\"]",
            "[[clause]]\nid = \"A\"\ntext = \"t\"\nchecks = []\nlevel = 1",
            "11:1",
            &["\"level\" is not a key of [[clause]]"],
        ),
        (
            "typed = [\"x\"]",
            "[[expected]]\nid = \"A\"\nreason = \"t\"\nsymptom = \"u\"\nsymptoms = 1",
            "11:1",
            &["did you mean \"symptom\"?"],
        ),
    ]);
}

#[test]
fn a_quick_case_that_is_none_is_shown() {
    let first = |case: &str| format!("name = \"up\"\nquick = [\"{case}\"]");
    for (case, words) in [
        ("server/split@3/inpt", ["no input is called \"inpt\"", ""]),
        ("server/slowly/input", ["no network is called \"slowly\"", ""]),
        ("peer/asis/input", ["a quick case begins with", "\"client/\""]),
        ("server/asis", ["a quick case is", "ROLE/NETWORK/INPUT"]),
    ] {
        each_is_refused(&[("name = \"up\"", &first(case), "2:10", &words)]);
    }
    // The names of derived frames and generated inputs are known only when they are played.
    for case in ["server/asis/hostile-request-length-zero", "client/cut-up@3/1105bd8b"] {
        let text = SMALL.replace("name = \"up\"", &first(case));
        assert!(Home::new().read(&text).is_ok(), "{case}");
    }
}

#[test]
fn a_name_that_is_taken_or_no_name_is_shown() {
    each_is_refused(&[
        ("\"up\"", "\"Up\"", "1:8", &["can't be a scenario's name", "lower-case letters"]),
        ("\"up\"", "\"up--load\"", "1:8", &["can't be a scenario's name"]),
        ("\"up\"", "\"\"", "1:8", &["can't be a scenario's name"]),
        ("\"up\"", "\"up/load\"", "1:8", &["can't be a scenario's name"]),
        ("\"up\"", "5", "1:8", &["expected a string, found a whole number"]),
        ("\"up\"", "\"tcp-upper\"", "1:8", &["the name \"tcp-upper\" is taken"]),
        ("\"one\"", "\"One\"", "6:8", &["can't be an input's name"]),
        (
            "\"one\"",
            "\"one\"\n[[input]]\nname = \"one\"",
            "8:8",
            &["two inputs are called \"one\""],
        ),
        (
            "[reference]\n",
            "[reference]\nname = \"a->b\"\n",
            "3:8",
            &["can't be a name in a pairing"],
        ),
        ("[reference]\n", "[reference]\nname = \"harness\"\n", "3:8", &["\"harness\" is taken"]),
        ("[reference]\n", "[reference]\nname = \"rust\"\n", "3:8", &["\"rust\" is taken"]),
    ]);
}

#[test]
fn a_transport_that_is_none_or_does_not_go_with_the_others_is_shown() {
    let with = |list: &str| format!("name = \"up\"\ntransports = {list}");
    let message = |list: &str| said(&Home::new(), "name = \"up\"", &with(list));
    for (list, words) in [
        ("[\"tcpp4\"]", "did you mean \"tcp4\"?"),
        ("[\"tcp4\", \"udp4\"]", "one of streams or one of datagrams, not both"),
        ("[]", "a protocol needs a transport"),
        ("\"tcp4\"", "expected a list of strings, found a string"),
        ("[4]", "expected a string, found a whole number"),
        ("[\"none\"]", "no transport is called \"none\""),
    ] {
        let message = message(list);
        assert!(message.contains(words) && message.contains("it.toml:2:"), "{message}");
    }
}

#[test]
fn a_command_that_can_not_be_started_or_told_where_is_shown() {
    let server = "[\"python3\", \"s.py\", \"{port}\"]";
    each_is_refused(&[
        (server, "[]", "3:10", &["a command begins with its program", "server.py"]),
        (server, "[\"\"]", "3:10", &["a command begins with its program"]),
        (server, "\"python3 s.py\"", "3:10", &["expected a list of strings"]),
        (server, "[\"python3\", \"s.py\"]", "3:10", &["gets no address to listen", "{port}"]),
        (
            server,
            "[\"python3\", \"{port}\", \"{path}\"]",
            "3:10",
            &["{path} is a Unix socket", "{address}"],
        ),
        (
            server,
            "[\"python3\", \"{prot}\", \"{host}\"]",
            "3:22",
            &["nothing fills {prot}", "did you mean \"port\"?"],
        ),
        (
            server,
            "[\"python3\", \"a\\u0000\", \"{port}\"]",
            "3:22",
            &["no program can be given a NUL"],
        ),
    ]);
    let home = Home::new();
    let message = said(&home, "client = [\"python3\", \"c.py\", \"{port}\"]\n", "");
    assert!(message.contains("[reference] needs \"client\""), "{message}");
}

#[test]
fn a_word_that_nothing_fills_is_shown_with_the_variable_that_was_meant() {
    each_is_refused(&[
        (
            "[\"x\"]",
            "[\"{nme}\"]\n[vary]\nname = { kind = \"text\" }",
            "7:10",
            &["nothing fills {nme}", "did you mean \"name\"?"],
        ),
        ("[\"x\"]", "[\"{nme}\"]", "7:10", &["[vary] nme = { kind = \"text\" } would"]),
        ("[\"x\"]", "[\"{\"]", "7:10", &["this '{' is not closed; '{{' is a brace"]),
        ("[\"x\"]", "[\"}\"]", "7:10", &["this '}' closes no variable"]),
        ("[\"x\"]", "[\"{a b}\"]", "7:10", &["is not a variable"]),
        ("[\"x\"]", "[\"a\\nb\"]", "7:10", &["one line each", "write two lines as two"]),
        ("[\"x\"]", "[\"a\\rb\"]", "7:10", &["one line each"]),
        (
            "[\"x\"]",
            "[\"{b}\"]\n[vary]\nb = { kind = \"bytes\" }",
            "7:10",
            &["{b} is bytes, which can't be typed"],
        ),
        (
            "typed = [\"x\"]",
            "with = { motd = 1 }\n[vary]\nmood = { kind = \"text\" }",
            "7:10",
            &["no variable is called \"motd\"", "mood"],
        ),
    ]);
}

#[test]
fn a_variable_that_makes_no_sense_is_shown() {
    let with = |kind: &str| format!("typed = [\"{{v}}\"]\n[vary]\nv = {kind}");
    for (kind, words) in [
        ("{ kind = \"txt\" }", "did you mean \"text\"?"),
        ("{ }", "the variable \"v\" needs \"kind\""),
        ("\"text\"", "expected a table, found a string"),
        ("{ kind = \"text\", max = -1 }", "a length is not negative"),
        ("{ kind = \"text\", max = 1.5 }", "expected a whole number"),
        ("{ kind = \"integer\", min = 1 }", "needs \"max\""),
        ("{ kind = \"integer\", min = 3, max = 2 }", "2 is less than the min, 3"),
        ("{ kind = \"one-of\", values = [] }", "needs \"values\""),
        ("{ kind = \"one-of\" }", "needs \"values\""),
    ] {
        let message = said(&Home::new(), "typed = [\"x\"]", &with(kind));
        assert!(message.contains(words) && message.contains("it.toml:9:"), "{message}");
    }
    each_is_refused(&[
        (
            "[\"x\"]",
            "[\"x\"]\n[vary]\nport = { kind = \"text\" }",
            "9:1",
            &["{port} already has a meaning", "choose another name"],
        ),
        (
            "[\"x\"]",
            "[\"x\"]\n[vary]\nN = { kind = \"text\" }",
            "9:1",
            &["can't be the name of a variable"],
        ),
    ]);
}

#[test]
fn a_file_outside_the_directory_or_that_is_not_there_is_shown() {
    let home = Home::new();
    let with = |files: &str| said(&home, "typed = [\"x\"]", &format!("client-files = {files}"));
    for (files, words) in [
        ("{ \"../a\" = \"\" }", "leads out of the directory"),
        ("{ \"a/../../b\" = \"\" }", "leads out of the directory"),
        ("{ \"/etc/passwd\" = \"\" }", "has a part without a name"),
        ("{ \"./a\" = \"\" }", "leads out of the directory, or names no file"),
        ("{ \"\" = \"\" }", "has a part without a name"),
        ("{ \"a\\u0000\" = \"\" }", "has a NUL"),
        ("{ a = { path = \"../a\" } }", "outside the directory of this file"),
        ("{ a = { path = \"/etc/passwd\" } }", "outside the directory of this file"),
        ("{ a = { path = \"fixtures/../../a\" } }", "outside the directory of this file"),
        ("{ a = { path = \"fixtures/user.json\" } }", "did you mean \"users.json\"?"),
        ("{ a = { path = \"nowhere/x\" } }", "there is nothing in"),
        ("{ a = { path = \"fixtures\" } }", "cannot read fixtures"),
        ("{ a = { hex = \"0g\" } }", "expected pairs of hexadecimal digits"),
        ("{ a = { hex = \"000\" } }", "expected pairs of hexadecimal digits"),
        ("{ a = { size = -1 } }", "a file has 0 to"),
        ("{ a = { size = 99999999999 } }", "a file has 0 to"),
        ("{ a = { size = \"9\" } }", "expected a whole number"),
        ("{ a = { size = 1, hex = \"00\" } }", "one of hex, size and path"),
        ("{ a = { } }", "one of hex, size and path"),
        ("{ a = 5 }", "expected a table"),
        ("[ \"a\" ]", "expected a table, found a list"),
    ] {
        let message = with(files);
        assert!(message.contains(words) && message.contains("it.toml:7:"), "{files}: {message}");
    }
    let message = with("{ a = \"\", \"a/b\" = \"\" }");
    assert!(message.contains("is a file and a directory"), "{message}");
    let long = format!("{{ \"{}\" = \"\" }}", "x".repeat(256));
    assert!(with(&long).contains("at most 255 bytes"));
}

#[test]
fn a_mask_that_is_no_pattern_or_covers_everything_is_shown() {
    let home = Home::new();
    for (mask, words) in [
        ("stream = \"to-client\"\npattern = '('", "this is no regular expression: unclosed group"),
        ("stream = \"to-client\"\npattern = '\\d*'", "matches the empty text, and so everywhere"),
        ("stream = \"to-client\"\npattern = ''", "matches the empty text"),
        ("stream = \"to-clent\"\npattern = 'x'", "did you mean \"to-client\"?"),
        ("stream = \"to-client\"", "[[mask]] needs \"pattern\""),
        ("screen = \"sever\"\npattern = 'x'", "did you mean \"server\"?"),
        ("pattern = 'x'", "does not say what it is about"),
        ("screen = \"server\"\nstream = \"to-client\"\npattern = 'x'", "about one thing"),
        ("file = \"log.txt\"", "does not say whose file it is"),
        ("file = \"server:[\"", "this is not a pattern of files"),
        ("file = \"server:a\"\nas = \"presnt\"", "did you mean \"present\"?"),
        ("part = \"reply.time\"\nas = \"number\"", "no frame is called \"reply\""),
    ] {
        let message = said(&home, "typed = [\"x\"]\n", &format!("[[mask]]\n{mask}\n"));
        assert!(message.contains(words) && message.contains("it.toml:"), "{mask}: {message}");
    }
    let message = said(&home, "typed = [\"x\"]\n", "[mask]\npattern = 'x'\n");
    assert!(message.contains("write [[mask]] before each"), "{message}");
}

#[test]
fn a_clause_or_a_known_failure_that_says_nothing_is_shown() {
    each_is_refused(&[
        (
            "typed = [\"x\"]",
            "[[clause]]\nid = \"A\"\ntext = \"t\"\nchecks = [\"to-sever\"]",
            "10:11",
            &["did you mean \"to-server\"?"],
        ),
        (
            "typed = [\"x\"]",
            "[[clause]]\nid = \"A\"\ntext = \"t\"",
            "7:1",
            &["[[clause]] needs \"checks\""],
        ),
        (
            "typed = [\"x\"]",
            "[[expected]]\nid = \"A\"\nsymptom = \"s\"",
            "7:1",
            &["[[expected]] needs \"reason\""],
        ),
        (
            "typed = [\"x\"]",
            "[[expected]]\nid = \"A\"\nreason = \" \"\nsymptom = \"s\"",
            "9:10",
            &["say why this failure is expected"],
        ),
        (
            "typed = [\"x\"]",
            "[[expected]]\nid = \"a[\"\nreason = \"r\"\nsymptom = \"s\"",
            "8:6",
            &["not a pattern of case ids"],
        ),
    ]);
}

#[test]
fn what_is_missing_or_has_another_type_is_shown() {
    let home = Home::new();
    for (text, words) in [
        ("", "needs a \"name\""),
        ("", "needs a \"reference\""),
        ("", "needs an \"input\""),
        ("# only a comment", "needs a \"name\""),
        ("name = \"a\"\nreference = 5\ninput = 6", "expected a table, found a whole number"),
        ("name = \"a\"\nreference = 5\ninput = 6", "expected a list of tables"),
        ("name = ", "it.toml:1:"),
        ("a = 1\na = 2", "duplicate key"),
    ] {
        let message = home.read(text).unwrap_err();
        assert!(message.contains(words), "{text:?}: {message}");
    }
    let message = home.read(b"name = \"\xff\"").unwrap_err();
    assert!(message.contains("cannot read") && message.contains("utf-8"), "{message}");
}

#[test]
fn all_mistakes_are_shown_at_once_in_the_order_of_the_file() {
    let home = Home::new();
    let text =
        SMALL.replace("\"up\"", "\"UP\"").replace("{port}", "{prot}").replace("[\"x\"]", "5");
    let message = home.read(text).unwrap_err();
    let places: Vec<&str> =
        message.split("it.toml:").skip(1).map(|part| part.lines().next().unwrap()).collect();
    assert_eq!(places, ["1:8", "3:10", "3:30", "4:10", "4:30", "7:9"], "{message}");
}

#[test]
fn what_is_odd_is_a_warning_in_its_line() {
    let home = Home::new();
    let text = SMALL.replace(
        "[\"x\"]",
        "[\"x\"]\nprompt = { client = \"> \" }\n[vary]\nv = { kind = \"text\" }",
    );
    let protocol = home.read(text).unwrap();
    let said = protocol.warnings().unwrap();
    assert!(said.contains("warning: only a user at a terminal can wait for a prompt"), "{said}");
    assert!(said.contains("it.toml:8:10") && said.contains("add terminal = true"), "{said}");
    assert!(said.contains("warning: no input and no command uses the variable \"v\""), "{said}");
    assert!(said.contains("it.toml:10:1"), "{said}");
}

#[test]
fn line_ends_of_two_bytes_and_a_byte_order_mark_are_read_over() {
    let home = Home::new();
    home.read(SMALL.replace('\n', "\r\n")).unwrap();
    home.read(format!("\u{feff}{SMALL}")).unwrap();
    let message = home.read(format!("\u{feff}{}", SMALL.replace("typed", "typd"))).unwrap_err();
    assert!(message.contains("it.toml:7:1"), "{message}");
}

/// A part of a file is removed, repeated, or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let cut = (0..WHOLE.len(), 0..40usize, "[\\PC\n]{0,6}");
    prop::collection::vec(cut, 1..4).prop_map(|cuts| {
        let mut text: Vec<char> = WHOLE.chars().collect();
        for (from, len, with) in cuts {
            let from = from.min(text.len());
            let end = (from + len).min(text.len());
            text.splice(from..end, with.chars());
        }
        text.into_iter().collect()
    })
}

/// Replaces one token of a file by another.
fn swapped() -> impl Strategy<Value = String> {
    let tokens: Vec<&'static str> = WHOLE.split_inclusive([' ', '\n', '"', ',']).collect();
    let count = tokens.len();
    (0..count, 0..count).prop_map(move |(to, from)| {
        let mut tokens = tokens.clone();
        tokens[to] = tokens[from];
        tokens.concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(text in prop_oneof![any::<String>(), mutated(), swapped()]) {
        let home = Home::new();
        match home.read(&text) {
            Ok(protocol) => drop(model::Scenario::vectors(&protocol)),
            Err(message) => prop_assert!(!message.is_empty()),
        }
        let _ = protocols::is_protocol(&text);
    }
}
