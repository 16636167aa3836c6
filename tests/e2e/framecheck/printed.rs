//! The output is plain text: it can be pasted into a shell, it contains no terminal controls, and it is no wider
//! than the terminal.

use std::path::Path;
use std::process::Command;

use framecheck_tests::{Sandbox, program, python, search_path};
use model::visible::acts_on_terminal;

use super::broken_peer::{BIG_ENDIAN_SERVER, programs};
use super::manifests::{UPPER_SERVER, says, upper_server};
use crate::terminal::AtTerminal;

/// How a shell splits a line into words.
fn words(line: &str) -> Vec<String> {
    let script = format!("printf '%s\\0' {line}");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{script}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[track_caller]
fn is_harmless(text: &str) {
    let acts = |char: &char| acts_on_terminal(*char) && !matches!(char, '\n' | '\t');
    assert_eq!(text.chars().find(acts), None, "{text:?}");
}

#[test]
fn a_printed_command_is_quoted_for_a_shell_whatever_a_files_name_is() {
    let sandbox = Sandbox::new();
    let manifest = upper_server(&sandbox, "acme", UPPER_SERVER);
    let broken = UPPER_SERVER.replace("upper()", "lower()");
    let names =
        ["ok peer.toml", "it's $HOME `id`.toml", "./-dash.toml", "a\nb.toml", "\u{1b}[31m.toml"];
    for name in names {
        std::fs::copy(sandbox.path().join(&manifest), sandbox.path().join(name)).unwrap();
        sandbox.write("acme.py", UPPER_SERVER);
        let (stdout, _) = says(&sandbox, &["check-peer", name, "--once"], 0);
        is_harmless(&stdout);
        let (_, next) = stdout.split_once("; next: ").unwrap();
        assert_eq!(words(next.trim_end()), ["framecheck", "run", "--peer", name], "{next}");
        // Also a line that replays a case.
        sandbox.write("acme.py", &broken);
        let (stdout, _) = says(&sandbox, &["check-peer", name], 1);
        is_harmless(&stdout);
        let (_, again) = stdout.split_once("see it again: ").unwrap();
        let again = words(again.lines().next().unwrap());
        assert_eq!((&*again[0], &*again[1], &*again[4]), ("framecheck", "replay", name));
    }
    // As typed; a text that looks like an option is passed as a path.
    std::fs::create_dir(sandbox.path().join("below")).unwrap();
    let run = ["run", "--scenario", "tcp-upper", "--quick", "--pairing", "acme->python"];
    for (typed, printed) in
        [("--peer=-dash.toml", "./-dash.toml"), ("--peer=ok peer.toml", "ok peer.toml")]
    {
        let (stdout, _) = says(&sandbox, &[&run[..], &["--no-shrink", typed]].concat(), 1);
        let (_, replay) = stdout.split_once("  replay: ").unwrap();
        assert_eq!(words(replay.lines().next().unwrap()).last().unwrap(), printed, "{replay}");
    }
}

/// ESC, C1 and a character that reverses text, as TOML writes them.
const ACTS: &str = r"\u001b[31m\u009b2J\u202e\u0007";

#[test]
fn nothing_of_a_file_or_a_peer_acts_on_a_terminal() {
    let sandbox = Sandbox::new();
    let esc = "\u{1b}[31m\u{9b}2J\u{202e}\u{7f}";
    sandbox.write(
        "acme.py",
        format!(
            "import sys\nprint('Error: it\\'s {esc} \"said\"', file=sys.stderr)\nsys.exit(1)\n"
        ),
    );
    let manifest = |extra: &str| {
        format!(
            "name = \"acme\"\nlanguage = \"Py{ACTS}thon\"\n{extra}\n[server]\n\
             tcp-upper = [\"python3\", \"acme.py\", \"{{host}}\", \"{{port}}\"]\n"
        )
    };
    sandbox.write("acme.toml", manifest(""));
    sandbox.write("key.toml", manifest(&format!("\"{ACTS}\" = 1")));
    sandbox.write("raw.toml", manifest(&format!("version = \"{esc}\"")));
    let name = format!("{esc}.toml");
    sandbox.write(&name, manifest("wrong = 1"));
    sandbox.write(
        "up.toml",
        format!("name = \"up\"\nsummary = \"{ACTS}\"\n\"{ACTS}\" = 2\n[reference]\n"),
    );
    let run = [
        "run",
        "--peer",
        "acme.toml",
        "--pairing",
        "acme->python",
        "--input",
        "ascii",
        "--network",
        "asis",
        "--transport",
        "tcp4",
    ];
    let arguments: [(&[&str], i32); 8] = [
        (&run, 1),
        (&["check-peer", "acme.toml"], 1),
        (&["check-peer", "key.toml"], 2),
        (&["check-peer", "raw.toml"], 2),
        (&["check-peer", &name], 2),
        (&["run", "up.toml"], 2),
        (&["run", &name], 2),
        (&["run", "--expected", &name], 2),
    ];
    for (arguments, status) in arguments {
        for colour in ["0", "1"] {
            let mut command = sandbox.framecheck();
            command.args(arguments).env("CLICOLOR_FORCE", colour).env_remove("NO_COLOR");
            let output = command.assert().code(status).get_output().clone();
            let text = String::from_utf8(output.stdout).unwrap()
                + &String::from_utf8(output.stderr).unwrap();
            // The command's own colours are not part of any text.
            let own: String = text.split("\u{1b}[31m\u{1b}[1m").collect();
            assert!(!own.contains("\u{1b}[31m\u{9b}") && !own.contains("\u{9b}"), "{text:?}");
            if colour == "0" {
                is_harmless(&text);
            } else {
                let foreign = ["Py\u{1b}", "it's \u{1b}", "\"\u{1b}", "\u{202e}", "\u{7}"];
                assert!(!foreign.iter().any(|it| text.contains(it)), "{text:?}");
            }
        }
    }
    // The sent text is shown, and its quotes are quotes.
    let (stdout, _) = says(&sandbox, &run, 1);
    assert!(stdout.contains("Error: it's \\u{1b}[31m"), "{stdout}");
    assert!(stdout.contains("\"said\""), "{stdout}");
}

#[test]
fn the_matrix_is_no_wider_than_the_terminal() {
    let sandbox = Sandbox::new();
    let run = ["run", "--scenario", "tcp-{upper,hello}", "--quick", "--out", "out"];
    let box_lines = |text: &str| -> Vec<usize> {
        let lines = text.lines().map(|line| line.trim_end_matches('\r'));
        lines
            .filter(|line| line.starts_with(['┌', '│', '╞', '└']))
            .map(|it| it.chars().count())
            .collect()
    };
    let (whole, _) = says(&sandbox, &run, 0);
    let widest = box_lines(&whole).into_iter().max().unwrap();
    assert!(widest > 80, "{whole}");
    for columns in ["80", "40"] {
        let width: usize = columns.parse().unwrap();
        let mut command = sandbox.framecheck();
        let output =
            command.args(run).env("COLUMNS", columns).assert().code(0).get_output().clone();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(box_lines(&text).iter().all(|it| *it <= width), "{text}");
        assert!(text.contains("python->python") && text.contains("rust->rust"), "{text}");
        // The terminal says how wide it is.
        let mut at_terminal = Command::new("sh");
        at_terminal
            .args(["-c", "stty rows 24 cols \"$0\"; exec \"$@\"", columns])
            .arg(program("framecheck"))
            .args(run)
            .current_dir(sandbox.path())
            .env("PATH", search_path())
            .env("FRAMECHECK_PYTHON", python())
            .env_remove("COLUMNS");
        let (status, shown) = AtTerminal::start(at_terminal, "tt").end();
        assert_eq!(status.code(), Some(0), "{shown:?}");
        let lines = box_lines(&shown.terminal);
        assert!(lines.iter().all(|it| *it <= width), "{}", shown.terminal);
        assert_eq!(lines, box_lines(&text), "{}", shown.terminal);
    }
}

/// Of many failures of one bug, the first is kept whole, and all others can still be replayed.
#[test]
fn failures_that_are_alike_are_kept_short_and_can_be_replayed() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", BIG_ENDIAN_SERVER);
    let programs = programs.to_str().unwrap();
    let run = ["run", "--cases", "0", "--scenario", "file-transfer", "--pairing", "rust->rust"];
    let how = ["--network", "bytewise", "--no-shrink", "--out", "out", "--programs", programs];
    says(&sandbox, &[&run[..], &how].concat(), 1);
    let about = |case: &Path| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(case.join("case.json")).unwrap()).unwrap()
    };
    let failures = sandbox.path().join("out/failures");
    let mut short = 0;
    for folder in std::fs::read_dir(&failures).unwrap() {
        let folder = folder.unwrap().path();
        let case = about(&folder);
        let left_out = &case["evidence"]["left_out"];
        let Some(like) = left_out["like"].as_str() else { continue };
        short += 1;
        let bytes: u64 = ["case.json", "wire.pcapng", "repro.sh", "client.stderr"]
            .iter()
            .map(|file| folder.join(file).metadata().unwrap().len())
            .sum();
        assert!(bytes < 64 << 10, "{bytes} bytes in {}", folder.display());
        let first = about(&failures.join(like.replace('/', "_")));
        assert!(first["evidence"]["left_out"]["like"].is_null(), "{first:#}");
        if short == 1 {
            let case = folder.join("case.json");
            let replay = ["replay", case.to_str().unwrap(), "--programs", programs];
            let (replayed, _) = says(&sandbox, &replay, 1);
            assert!(replayed.contains("they part at byte 0"), "{replayed}");
            let page = std::fs::read_to_string(sandbox.path().join("out/junit.xml")).unwrap();
            assert!(page.contains("failed in the same way and has more"), "{page}");
        }
    }
    assert!(short > 3, "{short} of {}", std::fs::read_dir(&failures).unwrap().count());
}

#[test]
fn an_argument_in_an_error_of_the_command_line_does_nothing_to_the_terminal() {
    let sandbox = Sandbox::new();
    for argument in ["--no\u{1b}[2J\u{202e}", "--\u{9b}2J"] {
        let output =
            sandbox.framecheck().args(["run", argument]).assert().code(2).get_output().clone();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let acts = |char: char| char != '\n' && (char.is_control() || char == '\u{202e}');
        assert!(!stderr.contains(acts) && stderr.contains("\\u"), "{stderr:?}");
    }
}
