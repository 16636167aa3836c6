//! docs/own-protocol.md, followed as a new user would: its files are those beside it, and its commands say
//! what it shows.

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

#[test]
fn the_page_shows_the_files_that_lie_beside_it() {
    let (page, sandbox) = (page(), sandbox());
    for (file, first) in [("upload.toml", "name = \"upload\""), ("port.toml", "name = \"node\"")] {
        assert_eq!(block(&page, first), fs::read_to_string(sandbox.path().join(file)).unwrap());
    }
}

#[test]
fn the_check_says_what_the_page_shows() {
    let (stdout, _) = says(&sandbox(), &["check-protocol", "upload.toml"], 0);
    let shown = block(&page(), "$ framecheck check-protocol upload.toml");
    assert_eq!(shown.lines().skip(1).collect::<Vec<_>>(), stdout.lines().collect::<Vec<_>>());
}

#[test]
fn the_unfinished_port_fails_as_the_page_shows_and_passes_when_it_is_mended() {
    if which::which("node").is_err() {
        eprintln!("SKIPPED: there is no node");
        return;
    }
    let (page, sandbox) = (page(), sandbox());
    let run = ["run", "upload.toml", "--peer", "port.toml", "--network", "asis", "--out", "out"];
    let (stdout, _) = says(&sandbox, &run, 1);
    let shown = block(&page, "FAIL upload/python->node/tcp4/asis/a75cfb2b");
    for line in shown.lines().filter(|line| *line != "  ..." && !line.contains("replay:")) {
        assert!(stdout.lines().any(|said| said == line), "{line:?} is not in {stdout}");
    }
    let port = fs::read_to_string(sandbox.path().join("port.mjs")).unwrap();
    sandbox.write("port.mjs", port.replace("writeInt32BE", "writeInt32LE"));
    says(&sandbox, &["run", "upload.toml", "--peer", "port.toml", "--out", "out"], 0);

    // The page's generated input finds what two files do not.
    let protocol = fs::read_to_string(sandbox.path().join("upload.toml")).unwrap();
    sandbox.write("upload.toml", format!("{protocol}\n{}", block(&page, "[vary]")));
    let cases = ["--cases", "2", "--no-shrink"];
    let (stdout, _) = says(&sandbox, &[&run[..], &cases].concat(), 1);
    let shown = block(&page, "FAIL upload/python->node/tcp4/asis/58185624");
    for line in shown.lines().filter(|line| *line != "  ..." && !line.contains("replay:")) {
        assert!(stdout.lines().any(|said| said == line), "{line:?} is not in {stdout}");
    }
}

#[test]
fn with_the_frames_of_the_page_the_first_failure_names_the_value() {
    if which::which("node").is_err() {
        eprintln!("SKIPPED: there is no node");
        return;
    }
    let (page, sandbox) = (page(), sandbox());
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
