//! How `frame-server` ends: it accepts no more clients, finishes running exchanges, and ends in
//! time.

#![cfg(test)]

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

use framecheck_tests::Sandbox;
use rustix::process::Signal;

use crate::peers::{Process, connect, in_time, read_exactly};

const FILE_BYTES: usize = 64 << 20;

/// A server of a file that no system buffers whole, and a client that has begun to read it.
fn sending(sandbox: &Sandbox, options: &[&str]) -> (Process, String, TcpStream) {
    File::create(sandbox.path().join("source")).unwrap().set_len(FILE_BYTES as u64).unwrap();
    let arguments = [&["file-transfer", "source"], options].concat();
    let (server, address) = Process::server(sandbox, &arguments, None);
    let mut stream = connect(&address);
    read_exactly(&mut stream, 1000);
    (server, address, stream)
}

/// A server that runs a command which waits for bytes in a pipe.
fn commanding(sandbox: &Sandbox, options: &[&str]) -> (Process, TcpStream, PathBuf) {
    let path = sandbox.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, 0o600.into()).unwrap();
    let arguments = [&["remote-command"], options].concat();
    let (server, address) = Process::server(sandbox, &arguments, None);
    let mut stream = connect(&address);
    stream.write_all(b"echo $$ >&2; read line < pipe; echo \"$line\" >&2").unwrap();
    (server, stream, path)
}

/// Opens a pipe once the command has it open for reading.
fn opened(path: PathBuf) -> File {
    in_time(move || File::options().write(true).open(path)).unwrap()
}

/// Waits until the server accepts no more connections.
#[track_caller]
fn wait_until_refused(address: &str) {
    let address = address.to_owned();
    in_time(move || {
        while let Ok(mut stream) = TcpStream::connect(&address) {
            // A client that was in the queue when the listener closed.
            drop(stream.read(&mut [0]));
        }
    });
}

#[test]
fn a_file_under_way_is_sent_whole_and_nobody_else_is_accepted() {
    let is_sent_whole = |signal| {
        let sandbox = Sandbox::new();
        let (server, address, mut stream) = sending(&sandbox, &[]);
        server.signal(signal);
        wait_until_refused(&address);
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert!(rest.len() + 1000 > FILE_BYTES, "{}", rest.len());
        // The client does not close, and the server gives it 5 s for that.
        assert_eq!(server.end().code(), Some(0));
    };
    std::thread::scope(|scope| {
        for signal in [Signal::TERM, Signal::INT] {
            scope.spawn(move || is_sent_whole(signal));
        }
    });
}

#[test]
fn a_file_that_is_not_taken_in_time_is_broken_off_by_a_reset_and_the_status_is_0() {
    let sandbox = Sandbox::new();
    for (option, line) in [
        ("--drain-timeout=0.3", "[FT-11] closed: not done when this server had to end"),
        ("--drain-timeout=0", "[FT-11] closed: not done when this server had to end"),
    ] {
        let (mut server, _, mut stream) = sending(&sandbox, &[option]);
        server.signal(Signal::TERM);
        server.wait_for(line);
        server.wait_for(" 1 connections: 0 failed, 1 cut short; 0 more refused; 0 bytes received");
        assert_eq!(server.end().code(), Some(0));
        let mut rest = Vec::new();
        let end = stream.read_to_end(&mut rest).unwrap_err();
        assert_eq!(end.kind(), std::io::ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_second_signal_waits_for_nothing() {
    let sandbox = Sandbox::new();
    let (mut server, address, _stream) = sending(&sandbox, &["--drain-timeout=1000"]);
    server.signal(Signal::TERM);
    wait_until_refused(&address);
    server.signal(Signal::INT);
    server.wait_for("[FT-10] second signal: not waiting");
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn a_command_under_way_is_answered() {
    let sandbox = Sandbox::new();
    let (server, mut stream, pipe) = commanding(&sandbox, &[]);
    let mut pipe = opened(pipe);
    server.signal(Signal::TERM);
    pipe.write_all(b"the end\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.ends_with(b"\nthe end\n"), "{}", answer.escape_ascii());
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn a_command_that_takes_too_long_is_killed() {
    let sandbox = Sandbox::new();
    let (mut server, mut stream, path) = commanding(&sandbox, &["--drain-timeout=0.2"]);
    let mut pipe = opened(path);
    server.signal(Signal::TERM);
    server.wait_for("[RC-11] closed: not done when this server had to end");
    assert_eq!(server.end().code(), Some(0));
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"");
    // The reader of the pipe has gone.
    let error = in_time(move || {
        loop {
            if let Err(error) = pipe.write_all(b"x") {
                return error;
            }
        }
    });
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

/// A shell forks for every command but its last, and waits for it.
#[test]
fn what_a_commands_shell_has_started_is_killed_with_it() {
    for (drain, signals) in [("0.2", &[Signal::TERM][..]), ("1000", &[Signal::TERM, Signal::INT])] {
        let sandbox = Sandbox::new();
        let path = sandbox.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, 0o600.into()).unwrap();
        let arguments = ["remote-command", "--drain-timeout", drain];
        let (mut server, address) = Process::server(&sandbox, &arguments, None);
        let mut stream = connect(&address);
        stream.write_all(b"sh -c 'cat < pipe > /dev/null; true'; true").unwrap();
        let mut pipe = opened(path);
        for signal in signals {
            server.signal(*signal);
            // A second signal before the first one was noticed does not count.
            wait_until_refused(&address);
        }
        server.wait_for("[RC-11] closed: not done when this server had to end");
        assert_eq!(server.end().code(), Some(0));
        let error = in_time(move || {
            loop {
                if let Err(error) = pipe.write_all(b"x") {
                    return error;
                }
            }
        });
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    }
}

#[test]
fn a_message_that_has_begun_is_taken_whole_and_one_that_has_not_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let (server, address) = Process::server(&sandbox, &["length-prefix"], None);
    let (mut begun, mut silent) = (connect(&address), connect(&address));
    begun.write_all(b"\x05\0\0\0he").unwrap();
    crate::proc::wait_until_read(&begun);
    server.signal(Signal::TERM);
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    begun.write_all(b"llo").unwrap();
    assert_eq!(begun.read(&mut [0]).unwrap(), 0);
    drop((begun, silent));
    let (status, screen) = server.stop(Signal::TERM);
    assert_eq!((status.code(), screen.as_str()), (Some(0), "b'hello'\n"));
}
