//! The name of a Unix datagram client. If the name is a file, the client removes it when it
//! ends.

#![cfg(test)]

use std::io::{Read, Write};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Python source that executes a program with the default action for these signals, even if
/// the parent process ignores them.
const MORTAL: &str = "import os, signal, sys
for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])";

/// A started client, and the server's socket.
fn started(sandbox: &Path, scratch: &Path) -> (Child, UnixDatagram) {
    let at = sandbox.join("server");
    let server = UnixDatagram::bind(&at).unwrap();
    let client = Command::new("python3")
        .args(["-c", MORTAL, env!("CARGO_BIN_EXE_frame-client"), "udp-upper", "--connect"])
        .arg(format!("unix:{}", at.display()))
        .env("TMPDIR", scratch)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    (client, server)
}

/// Sends a line and answers it. After this the client has its name and waits for its user.
fn exchange(client: &mut Child, server: &UnixDatagram) {
    client.stdin.as_mut().unwrap().write_all(b"hi\n").unwrap();
    let mut buffer = [0; 8];
    let (len, from) = server.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..len], b"hi");
    server.send_to_addr(b"HI", &from).unwrap();
    let mut screen = [0; 16];
    client.stdout.as_mut().unwrap().read_exact(&mut screen[..14]).unwrap();
    assert_eq!(&screen[..14], b">>: b'HI'\n>>: ");
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).unwrap().next().is_none()
}

#[test]
fn a_datagram_client_that_is_done_leaves_no_file() {
    let (sandbox, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (mut client, server) = started(sandbox.path(), scratch.path());
    exchange(&mut client, &server);
    drop(client.stdin.take());
    assert_eq!(client.wait().unwrap().code(), Some(0));
    assert!(is_empty(scratch.path()));
}

#[test]
fn a_datagram_client_that_a_signal_ends_leaves_no_file() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let (sandbox, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (mut client, server) = started(sandbox.path(), scratch.path());
        exchange(&mut client, &server);
        // `wait` would close standard input, and so end the client.
        let _typing = client.stdin.take();
        kill_process(Pid::from_child(&client), signal).unwrap();
        let ended = client.wait().unwrap();
        assert!(!ended.success(), "{ended}");
        assert!(is_empty(scratch.path()), "{signal:?}");
    }
}
