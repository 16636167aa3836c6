//! `frame-server`'s command line, and the reasons why it does not start.

#![cfg(test)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Stdio};

use framecheck_tests::{Sandbox, program};
use rustix::process::{Pid, Signal, kill_process};

use crate::peers::{Run, connect, in_time, read_exactly};

fn serve(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let output = sandbox.command("frame-server").args(arguments).output().unwrap();
    Run::new(output, format!("frame-server {arguments:?}"))
}

#[test]
fn wrong_usage_is_status_2_with_the_usage_and_nothing_on_the_screen() {
    for (arguments, message) in [
        (&[][..], "Usage: frame-server"),
        (&["no-such-scenario"], "unrecognized subcommand 'no-such-scenario'"),
        (&["tcp-upper", "extra"], "unexpected argument 'extra'"),
        (&["tcp-upper", "--listen"], "a value is required for '--listen <ADDR>'"),
        (&["tcp-upper", "--listen", "8080"], "no port"),
        (&["tcp-upper", "--listen", ":8080"], "no host"),
        (&["tcp-upper", "--listen", "host:-1"], "the port is not a number from 0 to 65535"),
        (&["tcp-upper", "--listen", "::1:80"], "an IPv6 address needs brackets"),
        (&["remote-command", "--max-output", "-1"], "unexpected argument '-1'"),
        (&["remote-command", "--max-output", "1e9"], "invalid digit found in string"),
        (&["file-transfer", "a", "b"], "unexpected argument 'b'"),
        (&["length-prefix", "--max-message=-1"], "invalid digit found in string"),
        (&["buffers", "--size=-1"], "invalid digit found in string"),
        (&["socket-api", "--message="], "expected 1 to 1024 bytes, found 0"),
        (&["socket-api", "--backlog=many"], "invalid digit found in string"),
    ] {
        let run = serve(&Sandbox::new(), arguments);
        assert_eq!(run.status(), Some(2), "{run}");
        assert!(run.stderr().contains(message), "no {message:?}: {run}");
        assert_eq!(run.stdout(), "", "{run}");
    }
}

#[test]
fn help_names_every_scenario_and_status_is_0() {
    let run = serve(&Sandbox::new(), &["--help"]);
    assert_eq!((run.status(), run.stderr().as_str()), (Some(0), ""), "{run}");
    assert!(run.stdout().contains("socket-api"), "{run}");
    for scenario in [
        "file-transfer",
        "remote-command",
        "tcp-upper",
        "udp-upper",
        "tcp-connect",
        "tcp-hello",
        "udp-hello",
        "line-upper",
        "line-upper-serial",
        "line-upper-udp",
        "greeting",
        "first-message",
        "chat",
        "chat-guarded",
        "chat-relisten",
        "length-ack",
        "length-prefix",
        "buffers",
        "sticky",
        "sticky-sizes",
    ] {
        assert!(run.stdout().contains(scenario), "no {scenario}: {run}");
        let run = serve(&Sandbox::new(), &[scenario, "--help"]);
        assert_eq!(run.status(), Some(0), "{run}");
        assert!(run.stdout().contains("--listen <ADDR>"), "{run}");
    }
}

#[test]
fn a_port_in_use_is_an_error_of_one_line() {
    let sandbox = Sandbox::new();
    sandbox.write("source", "");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for scenario in [&["file-transfer", "source"][..], &["remote-command"], &["tcp-upper"]] {
        let run = serve(&sandbox, &[scenario, &["--listen", &address]].concat());
        run.failed_saying(&format!("cannot listen on {address}: Address already in use"));
    }
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    serve(&sandbox, &["udp-upper", "--listen", &address])
        .failed_saying(&format!("cannot listen on {address}: Address already in use"));
}

#[test]
fn an_address_that_is_not_this_machines_is_an_error_of_one_line() {
    for scenario in ["remote-command", "tcp-upper", "udp-upper"] {
        // TEST-NET-1, which no machine has.
        let arguments = [scenario, "--allow-non-loopback", "--listen", "192.0.2.1:0"];
        serve(&Sandbox::new(), &arguments)
            .failed_saying("cannot listen on 192.0.2.1:0: Cannot assign requested address");
        serve(&Sandbox::new(), &[scenario, "--listen", "nowhere.invalid:0"])
            .failed_saying("cannot listen on nowhere.invalid:0: failed to lookup");
    }
}

#[test]
fn a_file_that_cannot_be_served_is_an_error_before_any_client() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path().join("directory")).unwrap();
    let pipe = sandbox.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    for (file, message) in [
        ("missing", "cannot open missing: No such file or directory"),
        ("missing/file", "cannot open missing/file: No such file or directory"),
        ("directory", "cannot serve directory: not a regular file"),
        ("pipe", "cannot serve pipe: not a regular file"),
        ("/dev/null", "cannot serve /dev/null: not a regular file"),
    ] {
        serve(&sandbox, &["file-transfer", file, "--listen", "127.0.0.1:0"]).failed_saying(message);
    }
    // The tutorial's own file, where it does not exist.
    serve(&sandbox, &["file-transfer"]).failed_saying("cannot open 04 struct模块.py");
}

#[test]
fn a_log_that_nobody_reads_is_no_reason_to_stop_serving() {
    let mut command = Command::new(program("frame-server"));
    command
        .args(["remote-command", "--allow-anything", "--listen", "127.0.0.1:0"])
        .env_remove("FRAME_LOG");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let line = in_time(move || stderr.by_ref().lines().next()).unwrap().unwrap();
    let address = line.rsplit_once("listening on ").unwrap().1;
    for _ in 0..3 {
        // Something to log.
        let mut stream = connect(address);
        stream.write_all(b"\xff").unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    }
    let mut stream = connect(address);
    stream.write_all(b"true").unwrap();
    assert_eq!(read_exactly(&mut stream, 4), 16_i32.to_ne_bytes());
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(in_time(move || child.wait()).unwrap().code(), Some(0));
}

#[test]
fn a_log_that_is_not_read_for_now_keeps_nobody_waiting() {
    let mut command = Command::new(program("frame-server"));
    command.args(["length-ack", "--listen", "127.0.0.1:0"]).env_remove("FRAME_LOG");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let address = line.trim_end().rsplit_once("listening on ").unwrap().1;
    // One line each, of which a pipe holds some hundred.
    for _ in 0..2000 {
        let mut stream = connect(address);
        stream.write_all(b"no length").unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let said = in_time(move || stderr.lines().map_while(Result::ok).count());
    assert!(child.wait().unwrap().success());
    assert_eq!(said, 2001);
}
