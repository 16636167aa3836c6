//! `framecheck dissector`: how Wireshark shows frames that a protocol file describes.

mod examples;
mod hostile;
mod kinds;
mod streams;
mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;

use framecheck_tests::Sandbox;

use super::manifests::says;

/// A protocol file, `up.toml`, with these frames and streams.
fn write_protocol(sandbox: &Sandbox, transport: &str, frames: &str) {
    let text = format!(
        "name = \"up-load\"\ntransports = [\"{transport}\"]\n[reference]\nserver = [\"server\", \"{{port}}\"]\n\
         client = [\"client\", \"{{port}}\"]\n[[input]]\nname = \"one\"\ntyped = [\"quit\"]\n{frames}"
    );
    sandbox.write("up.toml", text);
}

/// The dissector of `file`, written beside it.
fn write_dissector(sandbox: &Sandbox, file: &str, more: &[&str]) -> PathBuf {
    let arguments = [&["dissector", "--protocol", file], more].concat();
    let (lua, stderr) = says(sandbox, &arguments, 0);
    assert!(!stderr.contains("error"), "{stderr}");
    let path = sandbox.path().join("dissector.lua");
    std::fs::write(&path, lua).unwrap();
    path
}

/// What tshark prints of a capture with these arguments. An error in the script fails the test.
fn tshark(script: &Path, capture: &Path, more: &[&str]) -> String {
    let mut command = Command::new("tshark");
    command.arg("-X").arg(format!("lua_script:{}", script.display()));
    let output = command.arg("-r").arg(capture).args(more).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && !stderr.contains("Lua"), "{command:?}: {stderr}");
    assert!(!stdout.contains("The dissector failed"), "{command:?}: {stdout}");
    stdout
}

/// The values of fields, one row for each packet that has any of them. `|` joins the values of one field. Two
/// passes over the capture show the same as one.
fn fields(script: &Path, capture: &Path, names: &[&str]) -> Vec<Vec<String>> {
    let filter = names.join(" || ");
    let mut arguments = vec!["-Y", &filter, "-T", "fields", "-E", "aggregator=|"];
    arguments.extend(names.iter().flat_map(|name| ["-e", name]));
    let once = tshark(script, capture, &arguments);
    let twice = tshark(script, capture, &[&["-2"], &arguments[..]].concat());
    let differs = once.lines().zip(twice.lines()).find(|(one, two)| one != two);
    assert_eq!(differs, None, "two passes differ from one");
    once.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// A capture in the sandbox.
fn write_capture(sandbox: &Sandbox, bytes: &[u8]) -> PathBuf {
    let path = sandbox.path().join("made.pcap");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The filter for all expert infos that are errors.
const ERRORS: &str = "_ws.expert.severity == error";

#[test]
fn a_file_without_frames_and_a_file_with_mistakes_are_refused() {
    let sandbox = Sandbox::new();
    write_protocol(&sandbox, "tcp4", "");
    let (stdout, stderr) = says(&sandbox, &["dissector", "--protocol", "up.toml"], 2);
    assert!(stdout.is_empty() && stderr.contains("up.toml: it has no [frames]"), "{stderr}");
    write_protocol(
        &sandbox,
        "tcp4",
        "[frames.a]\nparts = [{ name = \"b\", json = \"c\" }]\n[streams]\nto-server = [\"a\"]\n",
    );
    let (_, stderr) = says(&sandbox, &["dissector", "--protocol", "up.toml"], 2);
    assert!(stderr.contains("no part before this one"), "{stderr}");
    let (_, stderr) = says(&sandbox, &["dissector", "--protocol", "none.toml"], 2);
    assert!(stderr.contains("cannot read none.toml"), "{stderr}");
    says(&sandbox, &["dissector"], 2);
    says(&sandbox, &["dissector", "--protocol", "up.toml", "--port", "0"], 2);
}

#[test]
fn the_same_file_gives_the_same_dissector_which_says_how_to_use_it() {
    let sandbox = Sandbox::new();
    let frames =
        "[frames.a]\nparts = [{ name = \"b\", const = \"c\" }]\n[streams]\nto-server = [\"a*\"]\n";
    write_protocol(&sandbox, "tcp4", frames);
    let arguments = ["dissector", "--protocol", "up.toml", "--port", "9000", "--port", "9001"];
    let (first, _) = says(&sandbox, &arguments, 0);
    let (second, _) = says(&sandbox, &arguments, 0);
    assert_eq!(first, second);
    assert!(first.starts_with("-- Wireshark dissector for the protocol \"up-load\""), "{first}");
    for said in ["tshark -X lua_script:up_load.lua", "ports = \"9000,9001\""] {
        assert!(first.contains(said), "{said} is not in {first}");
    }
}
