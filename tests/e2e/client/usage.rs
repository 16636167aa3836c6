//! `frame-client`'s command line, and errors before any protocol.

#![cfg(test)]

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::process::{Command, Stdio};

use framecheck_tests::{Sandbox, program};
use rustix::net::{AddressFamily, SocketType};

use crate::peers::{Run, client, client_with, gone, output_of};

#[test]
fn wrong_usage_is_status_2_with_the_usage_and_nothing_on_the_screen() {
    for (arguments, message) in [
        (&[][..], "Usage: frame-client"),
        (&["no-such-scenario"], "unrecognized subcommand 'no-such-scenario'"),
        (&["file-transfer", "extra"], "unexpected argument 'extra'"),
        (&["file-transfer", "--connect"], "a value is required for '--connect <ADDR>'"),
        (&["file-transfer", "--connect", "8080"], "no port"),
        (&["file-transfer", "--connect", "host:99999"], "the port is not a number from 0 to 65535"),
        (&["tcp-upper", "--connect", "::1:80"], "an IPv6 address needs brackets"),
        (&["tcp-upper", "--connect", "unix:"], "no path"),
        (&["udp-upper", "--timeout", "-1"], "unexpected argument '-1'"),
        (&["file-transfer", "--max-dict", "4294967296"], "4294967296 is not in 0..=4294967295"),
        (&["remote-command", "--max-body", "lots"], "invalid digit found in string"),
    ] {
        let run = client_with(&Sandbox::new(), arguments, "");
        assert_eq!(run.status(), Some(2), "{run}");
        assert!(run.stderr().contains(message), "no {message:?}: {run}");
        assert_eq!(run.stdout(), "", "{run}");
    }
}

#[test]
fn help_names_every_scenario_and_status_is_0() {
    let run = client_with(&Sandbox::new(), &["--help"], "");
    assert_eq!((run.status(), run.stderr().as_str()), (Some(0), ""), "{run}");
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
    ] {
        assert!(run.stdout().contains(scenario), "no {scenario}: {run}");
        let run = client_with(&Sandbox::new(), &[scenario, "--help"], "");
        assert_eq!(run.status(), Some(0), "{run}");
        assert!(run.stdout().contains("--connect <ADDR>"), "{run}");
    }
}

#[test]
fn help_and_version_do_not_panic_where_nobody_reads() {
    for program_name in ["frame-client", "frame-server"] {
        for argument in ["--help", "--version", "--no-such-option"] {
            let mut command = Command::new(program(program_name));
            command.arg(argument).stdout(gone()).stderr(gone());
            let status = output_of(command).status;
            let expected = if argument == "--no-such-option" { 2 } else { 0 };
            assert_eq!(status.code(), Some(expected), "{program_name} {argument}");
        }
    }
}

#[test]
fn a_server_that_is_not_there_is_an_error_of_one_line() {
    let sandbox = Sandbox::new();
    // Bound but not listening: no server answers there, and no other program can bind
    // there.
    let bound = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&bound, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
    let silent =
        SocketAddr::try_from(rustix::net::getsockname(&bound).unwrap()).unwrap().to_string();
    sandbox.write("file", "");
    drop(std::os::unix::net::UnixListener::bind(sandbox.path().join("stale")).unwrap());
    let long = format!("unix:{}", "p".repeat(200));
    for scenario in
        ["file-transfer", "remote-command", "tcp-upper", "tcp-connect", "tcp-hello", "line-upper"]
    {
        for (address, message) in [
            (silent.as_str(), "Connection refused"),
            ("nowhere.invalid:80", "cannot connect to nowhere.invalid:80"),
            ("unix:missing", "No such file or directory"),
            ("unix:file", "Connection refused"),
            ("unix:stale", "Connection refused"),
            (&long, "path must be shorter than SUN_LEN"),
        ] {
            let run = client(&sandbox, scenario, address, "typed\n");
            run.failed_saying(&format!("cannot connect to {address}"));
            run.failed_saying(message);
            assert_eq!(run.stdout(), "", "{run}");
        }
    }
    for scenario in ["udp-upper", "udp-hello", "line-upper-udp"] {
        client(&sandbox, scenario, "nowhere.invalid:80", "typed\n")
            .failed_saying("cannot send to nowhere.invalid:80");
    }
    assert_eq!(sandbox.names(), ["file", "stale"]);
}

#[test]
fn the_log_is_silent_when_told_and_the_status_is_the_same() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command("frame-client");
    command.args(["file-transfer", "--connect", "unix:missing"]).env("FRAME_LOG", "off");
    let run = Run::new(command.output().unwrap(), "FRAME_LOG=off");
    assert_eq!((run.status(), run.stderr().as_str()), (Some(1), ""));
}

#[test]
fn an_error_that_nobody_reads_is_no_panic() {
    let mut command = Command::new(program("frame-client"));
    command.args(["tcp-upper", "--connect", "unix:/no/such/socket"]).env_remove("FRAME_LOG");
    command.stdin(Stdio::null()).stderr(gone());
    assert_eq!(output_of(command).status.code(), Some(1));
}
