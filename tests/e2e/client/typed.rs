//! `frame-client` and typed lines: which bytes of standard input are a line, and which go out.

#![cfg(test)]

use std::io::{Read, Write};
use std::process::Command;

use framecheck_tests::{Sandbox, program};

use crate::peers::{FakeServer, Run, client, gone, output_of, reference_client};

/// A server that answers everything in upper case, and keeps it.
pub(super) fn echo() -> FakeServer<Vec<u8>> {
    FakeServer::new(|mut stream| {
        let (mut sent, mut buffer) = (Vec::new(), [0; 1024]);
        // An error means that the client died of its input.
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            sent.extend_from_slice(&buffer[..read]);
            let _ = stream.write_all(&buffer[..read].to_ascii_uppercase());
        }
        sent
    })
}

fn type_to_echo(typed: impl Into<Vec<u8>>) -> (Run, Vec<u8>) {
    let server = echo();
    let run = client(&Sandbox::new(), "tcp-upper", &server.address, typed);
    (run, server.join())
}

#[test]
fn lines_are_those_of_cpythons_input() {
    for typed in [
        "no newline at the end",
        "two\nlines without a newline at the end",
        "carriage\r\nreturns\r\nstay\r\n",
        "\r\n",
        "a\rb\rc\n",
        "nul\0inside\n",
        "\0\n",
        "form\u{c}feed\nvertical\u{b}tab\nnext\u{85}line\nline\u{2028}separator\n",
        "\u{feff}mark at the start\n",
        "  spaces stay  \n\tand tabs\t\n",
        "\u{1}\u{1b}[31m\u{7f}\n",
        "你好\n😀\n",
    ] {
        let (run, sent) = type_to_echo(typed);
        assert_eq!(run.status(), Some(0), "{typed:?}: {run}");
        let server = echo();
        let reference = reference_client(&Sandbox::new(), "tcp-upper", &server.address, typed);
        assert_eq!(server.join(), sent, "{typed:?}");
        assert_eq!(String::from_utf8(reference.stdout).unwrap(), run.stdout(), "{typed:?}");
    }
}

#[test]
fn the_end_of_input_at_once_is_a_complete_exchange_of_nothing() {
    let (run, sent) = type_to_echo("");
    run.completed_with("请输入你要发送给服务端的数据:");
    assert_eq!(sent, b"");
    let server = echo();
    client(&Sandbox::new(), "remote-command", &server.address, "").completed_with(">>: ");
    assert_eq!(server.join(), b"");
    client(&Sandbox::new(), "udp-upper", "127.0.0.1:9", "").completed_with(">>: ");
}

#[test]
fn a_line_that_is_not_utf8_is_an_error_and_nothing_of_it_is_sent() {
    for bad in [&b"\xff"[..], b"good start \xe4\xbd", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5"] {
        let typed = [b"fine\n", bad, b"\nnever read\n"].concat();
        let (run, sent) = type_to_echo(typed.clone());
        assert_eq!(run.status(), Some(1), "{run}");
        run.failed_saying("'utf-8' codec can't encode character");
        assert_eq!(sent, b"fine");

        let server = echo();
        let run = client(&Sandbox::new(), "remote-command", &server.address, [bad, b"\n"].concat());
        run.failed_saying("'utf-8' codec can't encode character");
        assert_eq!(server.join(), b"");

        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        client(&Sandbox::new(), "udp-upper", &address, [bad, b"\n"].concat())
            .failed_saying("'utf-8' codec can't encode character");
        socket.set_nonblocking(true).unwrap();
        assert!(socket.recv(&mut [0; 9]).is_err());
    }
}

#[test]
fn a_screen_that_is_gone_is_an_error_and_nothing_is_sent() {
    for scenario in ["tcp-upper", "remote-command"] {
        let sandbox = Sandbox::new();
        let typed = sandbox.write("typed", "line\n");
        let server = echo();
        let mut command = Command::new(program("frame-client"));
        command.args([scenario, "--connect", &server.address]).env_remove("FRAME_LOG");
        command.stdin(std::fs::File::open(typed).unwrap()).stdout(gone());
        Run::new(output_of(command), scenario).failed_saying("Broken pipe");
        assert_eq!(server.join(), b"");
    }
}

#[test]
fn input_that_cannot_be_read_is_an_error() {
    let sandbox = Sandbox::new();
    let server = echo();
    let mut command = Command::new(program("frame-client"));
    command.args(["tcp-upper", "--connect", &server.address]).env_remove("FRAME_LOG");
    command.stdin(std::fs::File::open(sandbox.path()).unwrap());
    Run::new(output_of(command), "typing a directory").failed_saying("Is a directory");
    assert_eq!(server.join(), b"");
}
