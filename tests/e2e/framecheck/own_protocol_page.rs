//! docs/own-protocol.md, followed as a new user would: its files are those beside it, and its commands
//! print what it shows.

use std::fs;

use framecheck_tests::{Sandbox, repository};

use super::manifests::says;

fn page() -> String {
    fs::read_to_string(repository().join("docs/own-protocol.md")).unwrap()
}

/// The block of the page that begins with this line, without its fences.
fn block(page: &str, first: &str) -> String {
    let mut lines = page.lines().skip_while(|line| *line != first).peekable();
    assert!(lines.peek().is_some(), "the page has no line {first:?}");
    lines.take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect()
}

/// The page's programs and files.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for entry in fs::read_dir(repository().join("docs/own-protocol")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() {
            sandbox.write(&name, fs::read(&path).unwrap());
        }
    }
    sandbox
}

/// The same with the file that the page writes by hand.
fn sandbox_by_hand() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("upload.toml", block(&page(), "name = \"upload\""));
    sandbox
}

/// The output has every line of a failure that the page shows.
fn is_said(page: &str, first: &str, stdout: &str) {
    let shown = block(page, first);
    for line in shown.lines().filter(|line| *line != "  ..." && !line.contains("replay:")) {
        assert!(stdout.lines().any(|said| said == line), "{line:?} is not in {stdout}");
    }
}

/// Runs the page's `learn`; returns its output.
fn learn(sandbox: &Sandbox) -> String {
    let learn = [
        "learn",
        "--server",
        "python3 server.py {host} {port}",
        "--client",
        "python3 client.py {host} {port}",
        "--typed",
        "two-files.txt",
        "--client-file",
        "a.txt",
        "--client-file",
        "b.bin",
        "--out",
        "upload.toml",
    ];
    says(sandbox, &learn, 0).0
}

#[test]
fn the_page_shows_the_manifest_that_lies_beside_it() {
    let manifest = fs::read_to_string(sandbox().path().join("port.toml")).unwrap();
    assert_eq!(block(&page(), "name = \"node\""), manifest);
}

#[test]
fn what_is_learned_is_what_the_page_shows() {
    let (page, sandbox) = (page(), sandbox());
    let stdout = learn(&sandbox);
    let first = "traced the server and the client";
    let is_close = |line: &str| !line.contains("any-file (one of them)");
    let shown: Vec<String> = block(&page, first).lines().map(str::to_owned).collect();
    let said: Vec<&str> = stdout.lines().collect();
    assert_eq!(said.len(), shown.len(), "{stdout}");
    for (said, shown) in said.iter().zip(&shown).filter(|(said, _)| is_close(said)) {
        assert_eq!(said, shown);
    }
    let file = fs::read_to_string(sandbox.path().join("upload.toml")).unwrap();
    let in_file = |first: &str| {
        for line in block(&page, first).lines() {
            // Which of two calls comes first does not matter.
            let is_there = file.lines().any(|written| written == line) || line.contains("# ");
            assert!(is_there, "{line:?} is not in {file}");
        }
    };
    in_file("[[input]]");
    let (_, behind) = page.split_once("## 2. Read what it learned").unwrap();
    assert!(behind.contains("# certain: the number of bytes of dict, in 2 frames of 1 value"));
}

#[test]
fn the_file_that_the_page_writes_by_hand_is_usable() {
    says(&sandbox_by_hand(), &["check-protocol", "upload.toml"], 0);
}

#[test]
fn the_unfinished_port_fails_as_the_page_shows_and_passes_when_it_is_mended() {
    if which::which("node").is_err() {
        eprintln!("SKIPPED: there is no node");
        return;
    }
    let (page, sandbox) = (page(), sandbox());
    learn(&sandbox);
    let run = ["run", "upload.toml", "--peer", "port.toml", "--out", "out"];
    let alone = ["--input", "two-files"];
    let (stdout, _) = says(&sandbox, &[&run[..], &alone].concat(), 1);
    is_said(&page, "FAIL upload/python->node/tcp4/asis/a75cfb2b", &stdout);
    let port = fs::read_to_string(sandbox.path().join("port.mjs")).unwrap();
    sandbox.write("port.mjs", port.replace("writeInt32BE", "writeInt32LE"));
    says(&sandbox, &[&run[..], &alone].concat(), 0);

    // Generated inputs find what two files do not. Which of many failures is reported first is chance.
    let one = ["--network", "asis", "--input", "5018498c", "--no-shrink"];
    let (stdout, _) = says(&sandbox, &[&run[..], &one].concat(), 1);
    is_said(&page, "FAIL upload/python->node/tcp4/asis/5018498c", &stdout);
}

#[test]
fn with_the_frames_of_the_page_the_first_failure_names_the_value() {
    if which::which("node").is_err() {
        eprintln!("SKIPPED: there is no node");
        return;
    }
    let (page, sandbox) = (page(), sandbox_by_hand());
    let (_, behind) = page.split_once("## Say what the bytes mean").unwrap();
    let frames = block(behind, "[frames.request]");
    let file = fs::read_to_string(sandbox.path().join("upload.toml")).unwrap();
    let hostile = block(behind, "[[hostile]]");
    sandbox.write("upload.toml", format!("{file}\n{hostile}\n{frames}"));
    says(&sandbox, &["check-protocol", "upload.toml"], 0);
    let run = ["run", "upload.toml", "--peer", "port.toml", "--network", "asis", "--out", "out"];
    let (stdout, _) = says(&sandbox, &run, 1);
    let line = behind.lines().find(|line| line.contains("request.length: expected")).unwrap();
    assert!(stdout.lines().any(|said| said == line), "{line:?} is not in {stdout}");
    let id = behind.split('`').find(|it| it.contains("hostile-request-dict")).unwrap();
    says(&sandbox, &["replay", id, "upload.toml", "--peer", "port.toml"], 0);
}
