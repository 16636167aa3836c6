//! A peer with one wrong byte: the run fails, names the clause, and the case can be replayed.

use std::ffi::OsString;
use std::io::BufRead;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use framecheck_tests::{Sandbox, program, python, repository, search_path};
use rustix::process::{Pid, Signal, kill_process};

use super::{report, verdicts};
use crate::peers::gone;

/// A server like the tutorial's, except for the byte order of its header.
pub(super) const BIG_ENDIAN_SERVER: &str = r#"#!/usr/bin/env python3
import json, os, socket, struct, sys
options = dict(argument[2:].split('=', 1) for argument in sys.argv[2:-2])
host, port = options['listen'].rsplit(':', 1)
server = socket.socket()
server.bind((host, int(port)))
server.listen(5)
while True:
    sock, _ = server.accept()
    body = open(sys.argv[-1], 'rb').read()
    about = json.dumps({'file_name': options['name'], 'file_desc': options['desc'],
                        'file_size': len(body)}).encode()
    sock.sendall(struct.pack('>i', len(about)) + about + body)
    sock.close()
"#;

/// A directory with this program instead of `name`, and the real other program.
pub(super) fn programs(sandbox: &Sandbox, name: &str, script: &str) -> PathBuf {
    let directory = sandbox.path().join("programs");
    std::fs::create_dir(&directory).unwrap();
    for real in ["frame-server", "frame-client"].into_iter().filter(|real| *real != name) {
        symlink(program(real), directory.join(real)).unwrap();
    }
    let path = directory.join(name);
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    directory
}

#[test]
fn one_wrong_byte_order_fails_by_its_clause_and_is_replayed_where_it_parts() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", BIG_ENDIAN_SERVER);
    let arguments =
        ["run", "--cases", "1", "--scenario", "file-transfer", "--pairing", "rust->python"];
    let output = sandbox
        .framecheck()
        .args(arguments)
        .args(["--network", "asis", "--skip", "*[0-9a-b]", "--out", "out", "--programs"])
        .arg(&programs)
        .assert()
        .code(1)
        .get_output()
        .clone();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("[FT-2] answer.header: expected "), "{stdout}");

    let report = report(&sandbox.path().join("out"));
    let verdicts = verdicts(&report);
    assert!(verdicts.values().all(|verdict| verdict != "pass"), "{verdicts:?}");
    let id = verdicts.keys().next().unwrap();
    assert_eq!(report["cases"][0]["clause"], "FT-2");
    assert!(report["cases"][0]["differences"][0]["parting"]["offset"] == 0);

    let folder = sandbox.path().join("out/failures").join(id.replace('/', "_"));
    for file in ["case.json", "repro.sh", "server.stdout", "client.stderr"] {
        assert!(folder.join(file).is_file(), "no {file}");
    }
    let output = sandbox
        .framecheck()
        .args(["replay", id, "--programs"])
        .arg(&programs)
        .assert()
        .code(1)
        .get_output()
        .clone();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("server -> client: they part at byte 0"), "{shown}");
    assert!(shown.contains("\n- 00000000  ") && shown.contains("\n+ 00000000  00 00 "), "{shown}");
    // As a script, without a framecheck on the PATH.
    let mut again = Command::new(folder.join("repro.sh"));
    again.arg("--programs").arg(&programs).env("PATH", without_framecheck());
    let output = again.env("FRAMECHECK_PYTHON", python()).output().unwrap();
    let again = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{again}");
    assert!(again.contains("server -> client: they part at byte 0"), "{again}");
}

/// A server that upper-cases as Unicode does, which differs from bytes.upper() beyond ASCII.
const UNICODE_SERVER: &str = r#"#!/usr/bin/env python3
import socket, sys
host, port = sys.argv[2].split('=', 1)[1].rsplit(':', 1)
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((host, int(port)))
while True:
    data, client = server.recvfrom(1024)
    print('===>', data, client, flush=True)
    text = data.decode('utf-8', 'surrogateescape').upper()
    server.sendto(text.encode('utf-8', 'surrogateescape'), client)
"#;

#[test]
fn a_failing_generated_input_is_made_small() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", UNICODE_SERVER);
    let output = sandbox
        .framecheck()
        .args([
            "run",
            "--cases",
            "2",
            "--pairing",
            "rust->python",
            "--scenario",
            "udp-upper",
            "--transport",
            "udp4",
        ])
        .args(["--out", "out", "--programs"])
        .arg(&programs)
        .assert()
        .code(1)
        .get_output()
        .clone();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let failures = std::fs::read_dir(sandbox.path().join("out/failures")).unwrap();
    let smallest: Vec<String> = failures
        .filter_map(|folder| {
            let text = std::fs::read_to_string(folder.ok()?.path().join("case.json")).ok()?;
            let case: serde_json::Value = serde_json::from_str(&text).ok()?;
            let lines = &case["evidence"]["smallest"]["input"]["lines"];
            Some(lines.as_array()?.iter().map(|line| line.as_str().unwrap()).collect())
        })
        .collect();
    assert!(!smallest.is_empty(), "{stdout}");
    for line in smallest {
        assert!(line.chars().count() <= 2, "{line:?} could be smaller");
    }
}

#[test]
fn a_server_that_never_listens_fails_within_the_deadline() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", "#!/bin/sh\necho sulking >&2\nsleep 1000\n");
    let output = sandbox
        .framecheck()
        .args([
            "run",
            "--cases",
            "0",
            "--pairing",
            "rust->python",
            "--scenario",
            "file-transfer",
            "--transport",
            "tcp4",
        ])
        .args(["--skip", "*[0-9a-e]", "--deadline", "1", "--out", "out", "--programs"])
        .arg(&programs)
        .assert()
        .code(1)
        .get_output()
        .clone();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("TIMEOUT") && stdout.contains("sulking"), "{stdout}");
}

#[test]
fn a_server_that_dies_at_once_fails_without_waiting_for_the_deadline() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", "#!/bin/sh\necho no luck >&2\nexit 7\n");
    let output = sandbox
        .framecheck()
        .args([
            "run",
            "--cases",
            "0",
            "--pairing",
            "rust->python",
            "--scenario",
            "file-transfer",
            "--transport",
            "tcp4",
        ])
        .args(["--deadline", "60", "--out", "out", "--programs"])
        .arg(&programs)
        .timeout(std::time::Duration::from_secs(30))
        .assert()
        .code(1)
        .get_output()
        .clone();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("no luck"), "{stdout}");
}

/// The PATH, without the directories that have a framecheck.
fn without_framecheck() -> OsString {
    let path = search_path();
    let without = std::env::split_paths(path).filter(|place| !place.join("framecheck").exists());
    std::env::join_paths(without).unwrap()
}

/// `framecheck` that plays with these programs.
fn framecheck(sandbox: &Sandbox, programs: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("framecheck"));
    command.args(arguments).arg("--programs").arg(programs).current_dir(sandbox.path());
    command.env("FRAMECHECK_REFERENCE", repository().join("python-ref")).stderr(Stdio::piped());
    command.env("PATH", search_path());
    command
}

#[test]
fn that_nobody_reads_the_report_to_its_end_is_no_verdict() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", BIG_ENDIAN_SERVER);
    let run = "run --cases 0 --scenario file-transfer --pairing rust->python --network asis \
               --transport tcp4 --skip *[0-9a-b] --no-shrink --out out";
    let arguments: Vec<&str> = run.split_whitespace().collect();
    let output = framecheck(&sandbox, &programs, &arguments).stdout(gone()).output().unwrap();
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(1), &b""[..]));
    let report = report(&sandbox.path().join("out"));
    assert!(!report["cases"].as_array().unwrap().is_empty());
    assert!(sandbox.path().join("out/summary.md").is_file());
    let verdicts = verdicts(&report);
    let id = verdicts.keys().next().unwrap();
    let output = framecheck(&sandbox, &programs, &["replay", id]).stdout(gone()).output().unwrap();
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(1), &b""[..]));
}

#[test]
fn an_interrupt_while_inputs_are_made_small_is_no_panic() {
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-server", UNICODE_SERVER);
    let run = "run --cases 60 --scenario udp-upper --pairing rust->python --transport udp4 \
               --network asis --out out --format json";
    let arguments: Vec<&str> = run.split_whitespace().collect();
    let mut command = framecheck(&sandbox, &programs, &arguments);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    // So that the run can't end while this test waits for a processor.
    rustix::pipe::fcntl_setpipe_size(&stdout, 4096).unwrap();
    let mut lines = std::io::BufReader::new(stdout).lines();
    // One has been minimised; two more will be, one after the other.
    assert!(lines.any(|line| line.unwrap().contains("\"verdict\":\"fail\"")));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    // Read to its end, so that nothing waits for us.
    lines.for_each(drop);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_client_that_ends_before_it_connects_is_not_waited_for() {
    for (script, verdict) in [("kill -SEGV $$", "crash"), ("exit 0", "fail"), ("exit 9", "fail")] {
        let sandbox = Sandbox::new();
        let programs = programs(&sandbox, "frame-client", &format!("#!/bin/sh\n{script}\n"));
        let run = "run --cases 0 --pairing python->rust --scenario tcp-hello --transport tcp4 \
                   --deadline 60 --no-shrink --skip *[4-9a-f] --out out";
        let began = std::time::Instant::now();
        let arguments: Vec<&str> = run.split_whitespace().collect();
        let output = framecheck(&sandbox, &programs, &arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "{script}: waited for");
        let report = report(&sandbox.path().join("out"));
        let all = verdicts(&report);
        assert!(all.values().all(|it| *it == verdict), "{script}: {all:?}");
    }
}
