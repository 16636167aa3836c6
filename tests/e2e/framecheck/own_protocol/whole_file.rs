//! A file with everything that a file may contain, and mistakes in it.

use super::{home, port, says};

/// The file of the documents, without what this version does not support yet.
const EXAMPLE: &str = r#"name = "upload"                     # kebab-case; becomes a scenario: in ids, globs, list, reports
summary = "puts files, one after another, and says quit"      # optional
transports = ["tcp4"]               # optional; the default. The first is where the reference is seen

[reference]
server = ["python3", "server.py", "{host}", "{port}"]         # as in a manifest: {host} {port} {path} {address} {dir}
client = ["python3", "client.py", "{host}", "{port}"]
name = "python"                     # optional, in pairings; "reference" unless told
language = "Python"                 # optional

[[input]]                           # a fixed input; its name is its id for ever
name = "two-files"
typed = ["put a.txt", "put b.bin", "quit"]                    # the client's standard input, a line each
typed-at-server = []                                          # optional
client-files = { "a.txt" = "hello\n", "b.bin" = { hex = "00ff0a" }, "big" = { size = 70000 }, "c" = { path = "fixtures/c" } }
server-files = { "conf/users.json" = { path = "fixtures/users.json" } }   # a key may lead into subdirectories, not out
terminal = false                    # true: both programs sit at a pseudo-terminal; a line is typed when the prompt for it shows
prompt = { client = ">>: " }        # for that; optional
networks = "some"                   # "none", "some" (the default), "every-place"

[vary]                              # what generated inputs draw; shrunk on failure
name = { kind = "file-name" }       # a plain file's name, any Unicode: at most 255 bytes, no '/', no NUL, not "." or ".."
body = { kind = "bytes", max = 5000 }
note = { kind = "text", max = 80 }  # any Unicode without line ends; "ascii" for printable ASCII
count = { kind = "integer", min = 0, max = 10 }
verb = { kind = "one-of", values = ["ls", "pwd"] }

[[input]]
name = "any-file"                   # it uses variables, so it is generated: --cases of them, seed in the id
typed = ["put {name}", "quit"]      # {{ and }} are braces
client-files = { "{name}" = "{body}" }

[compare]
json = "bytes"                      # or "value": spaces, key order and escapes are free, and lengths follow from them
stdout = false                      # true: every port is held to the reference's screen (a manifest can say so too)
turns = false                       # true: a port may not send before it has what the reference had when it sent that

[[mask]]
screen = "server"                   # or "client"; for standard output
pattern = '\d\d:\d\d:\d\d'          # a regular expression (crate `regex`), each match held to be there
[[mask]]
stream = "to-client"                # or "to-server": the same on bytes, where there are no frames
pattern = 'READY \d+'
[[mask]]
file = "server:log/*.txt"           # a glob, of a side's directory
as = "present"                      # the default: a port has such a file too, with any contents; "ignored": it need not

[[clause]]                          # optional: the owner's own sentences; without them the checks speak for themselves
id = "UP-1"
text = "The client announces name, size and MD5 of each file, then sends it."
checks = ["to-server"]

[[expected]]                        # failures that are known, as in an --expected list: also the reference's own
id = "upload/python->python/tcp4/split@*/*"
reason = "recv(4) is not looped"
symptom = "client-exit"
"#;

#[test]
fn the_example_of_the_documents_is_accepted_as_it_stands() {
    let sandbox = home();
    std::fs::create_dir(sandbox.path().join("fixtures")).unwrap();
    sandbox.write("fixtures/c", "c");
    sandbox.write("fixtures/users.json", "[]");
    sandbox.write("upload.toml", EXAMPLE);
    let (stdout, stderr) = says(&sandbox, &["list", "upload.toml"], 0);
    assert!(stdout.contains("two-files") && stdout.contains("any-file"), "{stdout}");
    assert!(stderr.contains("warning: ") && !stderr.contains("error"), "{stderr}");
    let (stdout, _) = says(&sandbox, &["show", "upload/two-files", "upload.toml"], 0);
    assert!(stdout.contains("put a.txt"), "{stdout}");
}

#[test]
fn every_mistake_is_shown_in_its_line_by_every_command() {
    let sandbox = home();
    let text = super::FILE.replace("summary", "sumary").replace("\"none\"", "\"nine\"");
    sandbox.write("bad.toml", text);
    let id = "up/ours->ours/tcp4/asis/two";
    for arguments in [
        &["check-protocol", "bad.toml"][..],
        &["run", "bad.toml", "--out", "out"],
        &["list", "bad.toml"],
        &["show", id, "bad.toml"],
        &["replay", id, "bad.toml"],
        &["capture", id, "bad.toml"],
        &["attach", id, "bad.toml", "--role", "client"],
    ] {
        let (_, stderr) = says(&sandbox, arguments, 2);
        for words in
            ["bad.toml:2:1", "did you mean \"summary\"?", "bad.toml:14:12", "bad.toml:20:12"]
        {
            assert!(stderr.contains(words), "{arguments:?}: {words:?} is not in:\n{stderr}");
        }
    }
    let (_, stderr) = says(&sandbox, &["check-protocol", "none.toml"], 2);
    assert!(stderr.contains("cannot read none.toml"), "{stderr}");
    let (_, stderr) = says(&sandbox, &["run", "up.toml", "up.toml"], 2);
    assert!(stderr.contains("the name \"up\" is taken"), "{stderr}");
}

#[test]
fn a_manifest_that_lacks_a_word_of_the_reference_is_told_so_in_its_line() {
    let sandbox = home();
    let file = super::FILE.replace(
        "client = [\"python3\", \"client.py\", \"{host}\", \"{port}\"]",
        "client = [\"python3\", \"client.py\", \"{host}\", \"{port}\", \"{user}\"]",
    );
    let file = file + "[vary]\nuser = { kind = \"ascii\", max = 5 }\n";
    sandbox.write("up.toml", file.replace("typed =", "with = { user = \"ann\" }\ntyped ="));
    let right = "\"client.py\", \"{host}\", \"{port}\", \"{user}\"";
    let right = super::peer(&sandbox, "right", None, Some(right));
    let lacks = port(&sandbox, "lacks", None, Some(""));
    let (_, stderr) = says(&sandbox, &["run", "up.toml", "--peer", &lacks], 2);
    assert!(stderr.contains("lacks.toml:4:"), "{stderr}");
    assert!(stderr.contains("{user}"), "{stderr}");
    super::run(&sandbox, &["--peer", &right, "--input", "two"], 0);
}

#[test]
fn a_peer_that_declares_no_role_or_another_protocol_is_a_mistake() {
    let sandbox = home();
    sandbox.write("acme.toml", "name = \"acme\"\n[server]\nupp = [\"python3\", \"{port}\"]\n");
    let (_, stderr) = says(&sandbox, &["run", "up.toml", "--peer", "acme.toml"], 2);
    assert!(stderr.contains("did you mean \"up\"?"), "{stderr}");
    sandbox.write(
        "acme.toml",
        "name = \"acme\"\n[server]\ntcp-upper = [\"python3\", \"server.py\", \"{port}\"]\n",
    );
    let (_, stderr) = says(&sandbox, &["run", "up.toml", "--peer", "acme.toml"], 2);
    assert!(stderr.contains("acme.toml declares no role of up"), "{stderr}");
}
