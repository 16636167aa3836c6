//! `frame-server chat`, `chat-guarded` and `chat-relisten`: servers with their own user.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::Shutdown;
use std::process::{Command, Stdio};

use framecheck_tests::Sandbox;
use rustix::process::Signal;

use crate::peers::{Process, connect, read_exactly, reset, server_command};
use crate::terminal::AtTerminal;

const PROMPT: &str = "请回复消息>>>:";
const THREE: [&str; 3] = ["chat", "chat-guarded", "chat-relisten"];

/// The server with its standard streams at a terminal, and its address.
fn at_terminal(sandbox: &Sandbox, scenario: &str) -> (AtTerminal, String) {
    let mut server = AtTerminal::start(server_command(sandbox, &[scenario]), "ttp");
    server.wait_for("listening on ");
    let address = server.rest_of_line();
    (server, address)
}

/// The server with these lines typed ahead, and its address.
fn typed_ahead(sandbox: &Sandbox, scenario: &str, typed: &str) -> (Process, String) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(typed.as_bytes()).unwrap();
    let mut command: Command = server_command(sandbox, &[scenario]);
    Process::listening(command.stdin(Stdio::from(reader)), None)
}

#[test]
fn a_client_that_breaks_off_while_the_user_is_asked_is_noticed_at_once() {
    for (scenario, status) in [("chat", 1), ("chat-guarded", 0)] {
        let sandbox = Sandbox::new();
        let (mut server, address) = at_terminal(&sandbox, scenario);
        let mut stream = connect(&address);
        stream.write_all(b"hi").unwrap();
        server.wait_for(PROMPT);
        reset(stream);
        let (ended, shown) = server.end();
        assert_eq!(ended.code(), Some(status), "{scenario} {shown:?}");
        assert!(shown.stderr.contains("the client broke off"), "{shown:?}");
    }
}

#[test]
fn after_a_client_that_broke_off_the_line_being_typed_is_for_the_next() {
    let sandbox = Sandbox::new();
    let (mut server, address) = at_terminal(&sandbox, "chat-relisten");
    let mut first = connect(&address);
    first.write_all(b"hi").unwrap();
    server.wait_for(PROMPT);
    server.type_in(b"hel");
    reset(first);
    server.wait_for("the client broke off");
    let mut second = connect(&address);
    second.write_all("你好".as_bytes()).unwrap();
    server.wait_for("收到客户端消息>>你好");
    server.wait_for(PROMPT);
    server.type_in(b"lo\n");
    assert_eq!(read_exactly(&mut second, 5), b"hello");
    second.write_all(b"again").unwrap();
    server.wait_for(PROMPT);
    server.type_in(b"yes\n");
    assert_eq!(read_exactly(&mut second, 3), b"yes");
}

#[test]
fn a_client_that_has_ended_its_stream_while_the_user_is_asked_is_answered() {
    for scenario in THREE {
        let sandbox = Sandbox::new();
        let (mut server, address) = at_terminal(&sandbox, scenario);
        let mut stream = connect(&address);
        stream.write_all(b"last").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        server.wait_for(PROMPT);
        server.type_in(b"words\n");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "words", "{scenario}");
    }
}

#[test]
fn a_client_that_has_left_without_its_answer_has_left_in_order() {
    for scenario in ["chat", "chat-guarded"] {
        let sandbox = Sandbox::new();
        let (mut server, address) = at_terminal(&sandbox, scenario);
        let mut stream = connect(&address);
        stream.write_all(b"hi").unwrap();
        server.wait_for(PROMPT);
        // Sent explicitly: a process that another test is just starting may hold a copy of the
        // socket.
        stream.shutdown(Shutdown::Write).unwrap();
        drop(stream);
        server.type_in(b"too late\n");
        let (status, shown) = server.end();
        assert_eq!(status.code(), Some(0), "{shown:?}");
        assert!(shown.stderr.ends_with(PROMPT), "{shown:?}");
    }
}

#[test]
fn one_client_is_served_at_a_time_and_the_next_when_it_has_left() {
    let sandbox = Sandbox::new();
    let (server, address) = typed_ahead(&sandbox, "chat-relisten", "1\n2\n3\n");
    let (mut first, mut second) = (connect(&address), connect(&address));
    second.write_all(b"b").unwrap();
    for (sent, answer) in [(b"a", b"1"), (b"c", b"2")] {
        first.write_all(sent).unwrap();
        assert_eq!(read_exactly(&mut first, 1), answer);
    }
    drop(first);
    assert_eq!(read_exactly(&mut second, 1), b"3");
    let (status, screen) = server.stop(Signal::TERM);
    let shown = ["a", "c", "b"].map(|message| format!("收到客户端消息>>{message}\n{PROMPT}"));
    assert_eq!((status.code(), screen), (Some(0), shown.concat()));
}

#[test]
fn a_server_of_one_client_ends_after_it_and_serves_no_other() {
    for scenario in ["chat", "chat-guarded"] {
        let sandbox = Sandbox::new();
        let (server, address) = typed_ahead(&sandbox, scenario, "1\n2\n");
        let (mut first, mut second) = (connect(&address), connect(&address));
        first.write_all(b"a").unwrap();
        assert_eq!(read_exactly(&mut first, 1), b"1");
        drop(first);
        assert_eq!(server.end().code(), Some(0), "{scenario}");
        assert!(!matches!(second.read(&mut [0]), Ok(1..)), "{scenario}");
    }
}

#[test]
fn either_signal_ends_a_server_whose_user_is_asked() {
    for scenario in THREE {
        for signal in [Signal::TERM, Signal::INT] {
            let sandbox = Sandbox::new();
            let (mut server, address) = at_terminal(&sandbox, scenario);
            let mut stream = connect(&address);
            stream.write_all(b"hi").unwrap();
            server.wait_for(PROMPT);
            server.signal(signal);
            let (status, shown) = server.end();
            assert_eq!(status.code(), Some(0), "{scenario} {shown:?}");
            assert!(!matches!(stream.read(&mut [0]), Ok(1..)), "{scenario}");
        }
    }
}

#[test]
fn a_talk_that_goes_wrong_is_an_error_of_chat_and_forgiven_by_the_others() {
    for (typed, sent, message) in [
        ("1\n", &b"\xff"[..], "the message is not UTF-8"),
        (&*format!("{}\n", "x".repeat(1025)), b"a", "the line is 1025 bytes, over 1024"),
    ] {
        for scenario in THREE {
            let sandbox = Sandbox::new();
            let (mut server, address) = typed_ahead(&sandbox, scenario, typed);
            let mut stream = connect(&address);
            stream.write_all(sent).unwrap();
            assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap_or_default(), 0);
            server.wait_for(message);
            match scenario {
                "chat" => assert_eq!(server.end().code(), Some(1)),
                "chat-guarded" => assert_eq!(server.end().code(), Some(0)),
                _ => assert_eq!(server.stop(Signal::TERM).0.code(), Some(0)),
            }
        }
    }
}

#[test]
fn a_chat_without_a_screen_is_the_servers_end() {
    for scenario in THREE {
        let sandbox = Sandbox::new();
        let screen = crate::peers::gone();
        let (mut server, address) = Process::server(&sandbox, &[scenario], Some(screen.into()));
        let mut stream = connect(&address);
        stream.write_all(b"hi").unwrap();
        server.wait_for("cannot print");
        assert_eq!(server.end().code(), Some(1), "{scenario}");
    }
}
