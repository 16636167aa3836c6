//! `framecheck mutants`: wrong variants of a reference's programs, and which of them the inputs catch.

use framecheck_tests::{Sandbox, repository};
use serde_json::Value;

use super::report;

/// Answers each line in capital letters, if it is not too long.
const SERVER: &str = r"import socket, sys
LIMIT = 10
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    with sock, sock.makefile('rb') as lines:
        for line in lines:
            text = line.decode('utf-8').strip()
            if len(text) > LIMIT:
                sock.sendall(b'too long\n')
            else:
                sock.sendall(text.upper().encode('utf-8') + b'\n')
";

/// Sends the typed lines, and shows the answers.
const CLIENT: &str = r"import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock, sock.makefile('rb') as lines:
    for line in sys.stdin.buffer:
        sock.sendall(line)
        print(lines.readline().decode('utf-8').strip())
";

/// An input that shows little of the two programs.
const POOR: &str = r#""hello""#;
/// One that reaches the limit, and has other letters and spaces.
const GOOD: &str = r#""hello", "0123456789", "0123456789x", " żółć ", """#;

fn file(server: &str, client: &str, typed: &str) -> String {
    format!(
        "name = \"upper\"\n[reference]\nname = \"ours\"\nserver = {server}\nclient = {client}\n\
         [[input]]\nname = \"words\"\ntyped = [{typed}]\nnetworks = \"none\"\n"
    )
}

/// The command of a Python program.
fn python(program: &str) -> String {
    format!("[\"python3\", \"{program}\", \"{{host}}\", \"{{port}}\"]")
}

/// A directory with both programs, and a file with an input of these lines.
fn home(typed: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("server.py", SERVER);
    sandbox.write("client.py", CLIENT);
    sandbox.write("upper.toml", file(&python("server.py"), &python("client.py"), typed));
    sandbox
}

/// The command's output with these arguments, and its status.
fn says(sandbox: &Sandbox, arguments: &[&str]) -> (String, i32) {
    let output = sandbox.framecheck().arg("mutants").args(arguments).output().unwrap();
    // The score is the last line; the progress goes to standard error.
    let shown = [output.stderr, output.stdout].concat();
    (String::from_utf8(shown).unwrap(), output.status.code().unwrap())
}

/// The outcome of each variant, by its id.
fn outcome<'a>(report: &'a Value, id: &str) -> &'a Value {
    let rows = report["programs"].as_array().unwrap();
    let rows = rows.iter().flat_map(|program| program["variants"].as_array().unwrap());
    rows.into_iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no {id} in {report:#}"))
}

fn assert_keeps_to_the_schema(report: &Value) {
    let text = std::fs::read_to_string(repository().join("docs/mutants.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(report).map(|it| it.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {report:#}");
    let mut without = report.clone();
    without.as_object_mut().unwrap().remove("caught");
    assert!(!validator.is_valid(&without), "the schema requires the score");
}

#[test]
fn a_poor_input_has_survivors_that_say_what_to_add() {
    let sandbox = home(POOR);
    let (shown, status) = says(&sandbox, &["upper.toml", "--role", "server", "--out", "out"]);
    assert_eq!(status, 1, "{shown}");
    for part in [
        "SURVIVES upper/server/compare-edge-1, server.py:9: ",
        "-            if len(text) > LIMIT:\n      +            if len(text) >= LIMIT:",
        "the same in 1 case; add an input or a [[hostile]] frame with values at the edge",
        "no input reaches the line:\n    server.py:10  ",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    assert!(!shown.contains("client.py"), "{shown}");

    let told = report(&sandbox.path().join("out"));
    assert_keeps_to_the_schema(&told);
    let score = format!("{} of {} caught", told["caught"], told["of"]);
    assert_eq!(shown.lines().last(), Some(&*score), "{shown}");
    assert!(told["caught"].as_u64() > Some(3) && told["of"].as_u64() > told["caught"].as_u64());
    let once = outcome(&told, "upper/server/one-client-1");
    assert_eq!((&once["outcome"], &once["input"]), (&"caught".into(), &"words".into()));
    assert!(once["by"].as_str().unwrap().starts_with("[server-stays]"), "{once}");
    assert_eq!(outcome(&told, "upper/server/encoding-1")["outcome"], "survives");
    assert_eq!(outcome(&told, "upper/server/send-nul-1")["outcome"], "not-reached");
    let out = sandbox.path().join("out");
    super::report_forms::is_valid_junit(&out.join("junit.xml")).unwrap();
    let junit = std::fs::read_to_string(out.join("junit.xml")).unwrap();
    assert!(junit.contains("name=\"upper/server/compare-edge-1\""), "{junit}");
    let place = out.join("variants/upper/server/compare-edge-1");
    let source = std::fs::read_to_string(place.join("server.py")).unwrap();
    assert_eq!(source, SERVER.replace("> LIMIT", ">= LIMIT"));
    assert!(std::fs::read_to_string(place.join("diff.txt")).unwrap().contains("+ "));
}

#[test]
fn a_better_input_catches_more_and_the_rest_can_be_accepted() {
    let sandbox = home(GOOD);
    let survivors = [
        ("send-part-*", "no answer is long"),
        ("send-once-1", "a short answer leaves at once"),
        ("send-once-2", "a short answer leaves at once"),
        ("encoding-errors-1", "clients send text"),
        ("encoding-errors-2", "clients send text"),
        ("encoding-errors-3", "all that is decoded can be encoded"),
        ("socket-left-open-1", "clients leave first"),
    ];
    let entry = |(id, reason): (&str, &str)| {
        format!("[[survivor]]\nid = \"upper/server/{id}\"\nreason = \"{reason}\"\n")
    };
    let accepted: String = survivors.into_iter().map(entry).collect();
    sandbox.write("accepted.toml", &accepted);
    let arguments = ["upper.toml", "--role", "server", "--accept", "accepted.toml"];
    let (shown, status) = says(&sandbox, &arguments);
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("    accepted: no answer is long"), "{shown}");
    assert!(!shown.contains("no input reaches the line"), "{shown}");

    let caught = entry(("compare-edge-1", "it was not caught once"));
    sandbox.write("accepted.toml", accepted + &caught);
    let (shown, status) = says(&sandbox, &arguments);
    assert_eq!(status, 1, "{shown}");
    let complaint = "FAIL: upper/server/compare-edge-1 is accepted as a survivor, but is caught";
    assert!(shown.contains(complaint), "{shown}");

    sandbox.write("accepted.toml", "[[survivor]]\nid = \"a\"\nwhy = \"b\"\n");
    let (shown, status) = says(&sandbox, &arguments);
    assert_eq!(status, 2, "{shown}");
    assert!(shown.contains("accepted.toml: TOML parse error"), "{shown}");
}

#[test]
fn a_survivor_that_is_the_same_does_not_count() {
    let sandbox = home(GOOD);
    let score = |shown: &str| -> (u32, u32) {
        let last: Vec<&str> = shown.lines().last().unwrap().split(' ').collect();
        (last[0].parse().unwrap(), last[2].parse().unwrap())
    };
    let (shown, _) = says(&sandbox, &["upper.toml", "--role", "server"]);
    let (caught, of) = score(&shown);
    let entry =
        "[[survivor]]\nid = \"upper/server/send-once-1\"\nreason = \"it is short\"\nsame = true\n";
    sandbox.write("accepted.toml", entry);
    let arguments = ["--accept", "accepted.toml", "--format", "json"];
    let (shown, _) =
        says(&sandbox, &[&["upper.toml", "--role", "server"], &arguments[..]].concat());
    let told: Value = serde_json::from_str(shown.lines().last().unwrap()).unwrap();
    assert_keeps_to_the_schema(&told);
    assert_eq!(
        (told["caught"].as_u64(), told["of"].as_u64()),
        (Some(caught.into()), Some(u64::from(of) - 1))
    );
    let row = outcome(&told, "upper/server/send-once-1");
    assert_eq!((&row["is_same"], &row["accepted"]), (&true.into(), &"it is short".into()));
}

#[test]
fn variants_can_be_chosen_by_their_ids() {
    let sandbox = home(GOOD);
    sandbox.write(
        "accepted.toml",
        "[[survivor]]\nid = \"upper/server/send-once-1\"\nreason = \"a short answer leaves at once\"\n",
    );
    let edges =
        ["upper.toml", "--variant", "upper/server/compare-edge-*", "--accept", "accepted.toml"];
    let (shown, status) = says(&sandbox, &edges);
    assert_eq!(status, 0, "an entry for a variant that is left out is no failure: {shown}");
    assert!(
        shown.contains("1 of 1 caught; 1 variant,") && !shown.contains("the client"),
        "{shown}"
    );
    for (id, what) in [
        ("upper/server/none-*", "no variant of upper.toml has such an id"),
        ("[", "is not a pattern of ids"),
    ] {
        let (shown, status) = says(&sandbox, &["upper.toml", "--variant", id]);
        assert_eq!(status, 2, "{shown}");
        assert!(shown.contains(what), "{shown}");
    }
}

#[test]
fn suggested_inputs_catch_what_they_say() {
    let sandbox = home(POOR);
    let server = ["upper.toml", "--role", "server"];
    let (shown, status) =
        says(&sandbox, &[&server[..], &["--suggest", "--format", "json"]].concat());
    assert_eq!(status, 1, "{shown}");
    let told: Value = serde_json::from_str(shown.lines().last().unwrap()).unwrap();
    assert_keeps_to_the_schema(&told);
    let suggestions = told["suggestions"].as_array().unwrap();
    let catches =
        |it: &Value| -> Vec<String> { serde_json::from_value(it["catches"].clone()).unwrap() };
    let caught: Vec<String> = suggestions.iter().flat_map(catches).collect();
    // The program contains the limit of 10. The input has letters beyond ASCII, and lines over the limit.
    for id in ["compare-edge-1", "encoding-1", "send-nul-1"] {
        assert!(caught.contains(&format!("upper/server/{id}")), "no {id} in {shown}");
    }

    let more: String = suggestions.iter().map(|it| it["toml"].as_str().unwrap()).collect();
    let text = std::fs::read_to_string(sandbox.path().join("upper.toml")).unwrap();
    sandbox.write("upper.toml", text + &more);
    let (shown, _) = says(&sandbox, &[&server[..], &["--format", "json"]].concat());
    let told: Value = serde_json::from_str(shown.lines().last().unwrap()).unwrap();
    for id in caught {
        assert_eq!(outcome(&told, &id)["outcome"], "caught", "{id}");
    }

    let (shown, status) = says(&sandbox, &["udp-upper", "--suggest"]);
    assert_eq!(status, 2, "{shown}");
    assert!(shown.contains("udp-upper is a scenario of the tutorials"), "{shown}");
}

/// A program that is not Python.
const SHELL: &str = "#!/bin/sh\nexec python3 server.py \"$@\"\n";

#[test]
fn a_program_that_is_no_python_is_refused_in_its_line() {
    use std::os::unix::fs::PermissionsExt;

    let sandbox = home(POOR);
    let shell = sandbox.write("serve.sh", SHELL);
    std::fs::set_permissions(&shell, std::fs::Permissions::from_mode(0o755)).unwrap();
    let command = "[\"./serve.sh\", \"{host}\", \"{port}\"]";
    sandbox.write("shell.toml", file(command, command, POOR));
    let (shown, status) = says(&sandbox, &["shell.toml"]);
    assert_eq!(status, 2, "{shown}");
    assert!(shown.contains("the server is not a Python program: \"serve.sh\""), "{shown}");
    assert!(shown.contains("shell.toml:4:10"), "{shown}");

    sandbox.write("half.toml", file(command, &python("client.py"), POOR));
    let (shown, status) = says(&sandbox, &["half.toml", "--role", "server"]);
    assert_eq!(status, 2, "{shown}");

    sandbox.write("broken.py", "def f(:\n");
    sandbox.write("broken.toml", file(&python("broken.py"), &python("client.py"), POOR));
    let (shown, status) = says(&sandbox, &["broken.toml"]);
    assert_eq!(status, 2, "{shown}");
    assert!(shown.contains("broken.py is no Python program"), "{shown}");
}

/// A server that keeps its state in a file beside itself, and a part of it in a module.
const STATEFUL: &str = r"import os, socket, sys
import words
STATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'state.txt')
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    with sock, sock.makefile('rb') as lines:
        for line in lines:
            with open(STATE, 'w') as file:
                file.write(os.path.abspath(__file__))
            sock.sendall(words.answer(line))
";

#[test]
fn variants_find_what_lies_beside_the_program_and_write_nothing_there() {
    let sandbox = home(POOR);
    sandbox.write("server.py", STATEFUL);
    sandbox.write("words.py", "def answer(line):\n    return line.upper() + b'!\\n'\n");
    sandbox.write("state.txt", "never served");
    let arguments = ["upper.toml", "--role", "server", "--cache", "cache", "--format", "json"];
    // The reference itself is played where it is.
    let before = sandbox.names();
    let (shown, _) = says(&sandbox, &arguments);
    let mut after = sandbox.names();
    after.retain(|name| name != "cache");
    assert_eq!(before, after);
    let state = std::fs::read_to_string(sandbox.path().join("state.txt")).unwrap();
    assert_eq!(std::path::Path::new(&state), sandbox.path().join("server.py"));
    let told: Value = serde_json::from_str(shown.lines().last().unwrap()).unwrap();
    assert_keeps_to_the_schema(&told);
    let letters = outcome(&told, "upper/server/words/text-call-1");
    assert_eq!((&letters["outcome"], &letters["program"]), (&"caught".into(), &"words.py".into()));
    assert!(told["of"].as_u64() > Some(3), "{told:#}");
}

#[test]
fn a_scenario_of_the_tutorials_is_tried_by_its_name() {
    let sandbox = Sandbox::new();
    let (shown, status) = says(&sandbox, &["udp-upper", "--role", "client", "--cases", "1"]);
    assert!(status == 0 || status == 1, "{shown}");
    assert!(shown.contains("udp-upper: the client, client.py: "), "{shown}");
    let last = shown.lines().last().unwrap();
    let score: Vec<&str> = last.split(' ').collect();
    let [caught, "of", of, "caught"] = score[..] else { panic!("{shown}") };
    let [caught, of] = [caught, of].map(|number| number.parse::<u32>().unwrap());
    assert!(caught > of / 2 && of > 10, "{shown}");
    assert_eq!(sandbox.names(), [""; 0]);

    let (shown, status) = says(&sandbox, &["udp-uper"]);
    assert_eq!(status, 2, "{shown}");
}
