//! `frame-client` against a server that stops in the middle of a frame and keeps the connection
//! open: the client gives up in time, and uses no processor time until then.

#![cfg(test)]

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use framecheck_tests::{DEADLINE, Sandbox, program};
use rustix::process::Signal;

use crate::peers::{FakeServer, Process, answer, client_with, file_frame, framed, read_exactly};

/// A server that sends this and then nothing, until the client has gone.
fn stalling_after(bytes: impl Into<Vec<u8>>) -> FakeServer<()> {
    let bytes = bytes.into();
    FakeServer::new(move |mut stream| {
        stream.write_all(&bytes).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

#[test]
fn a_server_that_stalls_in_a_frame_is_given_up_by_the_clause_of_the_part() {
    let sandbox = Sandbox::new();
    let frames = [("file-transfer", file_frame("x", "body")), ("remote-command", answer("body"))];
    for (scenario, frame) in frames {
        let parts = [(2, "FR-1", "header"), (9, "FR-3", "dict"), (frame.len() - 1, "FR-5", "body")];
        for (cut, clause, part) in parts {
            let server = stalling_after(&frame[..cut]);
            let arguments = [scenario, "--connect", &server.address, "--timeout", "1"];
            let run = client_with(&sandbox, &arguments, "ls\n");
            server.join();
            run.failed_by(clause, &format!("no more of the {part} within 1 s"));
            assert_eq!(sandbox.names(), Vec::<String>::new(), "{scenario} {cut}");
        }
    }
}

#[test]
fn a_file_server_that_never_speaks_is_given_up() {
    let server = stalling_after("");
    let arguments = ["file-transfer", "--connect", &server.address, "--timeout", "1"];
    let run = client_with(&Sandbox::new(), &arguments, "");
    server.join();
    run.failed_by("FR-1", "no more of the header within 1 s");
}

#[test]
fn a_command_may_take_longer_than_the_timeout() {
    let (late, waited) = mpsc::channel::<()>();
    let server = FakeServer::new(move |mut stream| {
        read_exactly(&mut stream, 2);
        // Neither side sends: this is the time that the command takes.
        let slow = waited.recv_timeout(Duration::from_millis(1500));
        assert_eq!(slow, Err(mpsc::RecvTimeoutError::Timeout));
        stream.write_all(&answer("late")).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let arguments = ["remote-command", "--connect", &server.address, "--timeout", "1"];
    let run = client_with(&Sandbox::new(), &arguments, "ls\n");
    server.join();
    drop(late);
    run.completed_with(">>: late\n>>: ");
}

#[test]
fn waiting_for_the_rest_of_a_frame_takes_no_processor_time() {
    let sandbox = Sandbox::new();
    let frame = framed(r#"{"file_name": "x", "file_size": 9}"#);
    let (sent, stalled) = mpsc::channel();
    let server = FakeServer::new(move |mut stream| {
        stream.write_all(&frame).unwrap();
        sent.send(()).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut command = Command::new(program("frame-client"));
    command.args(["file-transfer", "--connect", &server.address]).stdin(Stdio::null());
    command.current_dir(sandbox.path()).env_remove("FRAME_LOG");
    let mut client = Process::start(&mut command, None);
    stalled.recv_timeout(DEADLINE).unwrap();
    assert!(crate::proc::ticks_in(client.pid(), Duration::from_millis(500)) < 10);
    client.signal(Signal::TERM);
    client.wait_for("[FR-8] ended by SIGTERM");
    server.join();
    assert_eq!(sandbox.names(), Vec::<String>::new());
}
