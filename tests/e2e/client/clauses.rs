//! The errors of `frame-client` name their clause. Each scenario names its own when no server
//! listens, or when a server without frames closes, resets or answers wrongly.

#![cfg(test)]

use std::io::Write;

use framecheck_tests::Sandbox;
use rustix::net::{AddressFamily, SocketType};

use crate::peers::{FakeServer, Run, client, client_with, finish, read_exactly, reset};
use crate::proc::wait_until_read;

/// Each scenario over streams, and its clause.
const STREAMS: [(&str, &str); 17] = [
    ("file-transfer", "FT-9"),
    ("remote-command", "RC-8"),
    ("tcp-connect", "TC-5"),
    ("tcp-upper", "TU-5"),
    ("tcp-hello", "TH-5"),
    ("line-upper", "LU-5"),
    ("line-upper-serial", "LS-5"),
    ("greeting", "GR-5"),
    ("first-message", "FM-5"),
    ("chat", "CH-5"),
    ("chat-guarded", "CG-5"),
    ("chat-relisten", "CR-5"),
    ("length-ack", "LA-5"),
    ("length-prefix", "LP-5"),
    ("buffers", "BU-5"),
    ("sticky", "ST-5"),
    ("sticky-sizes", "SS-5"),
];

/// The scenarios whose client waits for an answer that is not a frame.
fn answered() -> impl Iterator<Item = (&'static str, &'static str)> {
    let not = ["file-transfer", "remote-command", "tcp-connect", "length-prefix", "buffers"];
    STREAMS.into_iter().filter(move |(name, _)| !not.contains(name) && !name.starts_with("sticky"))
}

/// The client, with a typed line, against a server that reads from it and then does this.
fn against(
    scenario: &str,
    session: impl FnOnce(std::net::TcpStream) + Send + 'static,
) -> (Run, Sandbox) {
    let server = FakeServer::new(move |mut stream| {
        read_exactly(&mut stream, 1);
        session(stream);
    });
    let sandbox = Sandbox::new();
    let run = client(&sandbox, scenario, &server.address, "hello\n");
    server.join();
    (run, sandbox)
}

#[test]
fn where_nobody_listens_the_error_names_the_clause_about_the_clients_end() {
    // Bound but not listening: no server answers there, and no other program can bind there.
    let bound = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&bound, &std::net::SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = rustix::net::getsockname(&bound).unwrap();
    let address = std::net::SocketAddr::try_from(address).unwrap().to_string();
    for (scenario, clause) in STREAMS {
        let run = client(&Sandbox::new(), scenario, &address, "hello\n");
        run.failed_by(clause, &format!("cannot connect to {address}: Connection refused"));
    }
    for (scenario, clause) in
        [("udp-upper", "UU-5"), ("udp-hello", "UH-5"), ("line-upper-udp", "LD-5")]
    {
        let run = client(&Sandbox::new(), scenario, "unix:nobody", "hello\n");
        run.failed_by(clause, "cannot send: No such file or directory");
    }
}

#[test]
fn a_server_that_closes_before_its_answer_is_an_error_by_the_scenarios_clause() {
    for (scenario, clause) in answered() {
        let (run, _) = against(scenario, finish);
        run.failed_by(clause, "the server closed before it answered");
    }
}

#[test]
fn a_server_that_resets_before_its_answer_is_an_error_by_the_scenarios_clause() {
    for (scenario, clause) in answered() {
        let (run, _) = against(scenario, reset);
        run.failed_by(clause, "");
    }
}

#[test]
fn a_server_that_is_gone_at_once_never_leaves_a_client_hanging() {
    for (scenario, clause) in STREAMS {
        for end in [reset, drop] {
            let server = FakeServer::new(end);
            let run = client(&Sandbox::new(), scenario, &server.address, "hello\nmore\n");
            server.join();
            // Whether the client can still send is a matter of time, and so is the status where
            // nothing else decides it.
            let sends_only = scenario.starts_with("sticky")
                || ["length-prefix", "tcp-connect", "buffers"].contains(&scenario);
            if !(sends_only && run.status() == Some(0)) {
                let by_frame = ["file-transfer", "remote-command"].contains(&scenario)
                    && run.stderr().contains(" ERROR [FR-1] ");
                run.failed_by(if by_frame { "FR-1" } else { clause }, "");
            }
        }
    }
}

#[test]
fn an_answer_that_is_wrong_is_an_error_by_the_scenarios_clause() {
    for (scenario, clause, answer, message) in [
        ("length-ack", "LA-5", &b"no"[..], "expected b'ok', found b'no'"),
        ("first-message", "FM-5", b"\xff", "the answer is not UTF-8"),
        ("line-upper-serial", "LS-5", b"\xff", "the answer is not UTF-8"),
        ("chat-guarded", "CG-5", b"\xff", "the answer is not UTF-8"),
        ("tcp-upper", "TU-5", b"HELL", "the server closed before it answered"),
    ] {
        let (run, _) = against(scenario, move |mut stream| {
            stream.write_all(answer).unwrap();
            finish(stream);
        });
        run.failed_by(clause, message);
    }
}

#[test]
fn a_reset_in_a_frame_goes_by_the_clause_of_the_part_that_is_awaited() {
    let sandbox = Sandbox::new();
    let files = [
        (crate::peers::framed(r#"{"file_name": "x", "file_size": 9}"#), "FR-5"),
        (b"\x20\0\0\0{".to_vec(), "FR-3"),
        (b"\x20\0".to_vec(), "FR-1"),
    ];
    for (sent, clause) in files {
        let server = FakeServer::new(move |mut stream| {
            stream.write_all(&sent).unwrap();
            // Bytes that are unread when the reset comes are lost.
            wait_until_read(&stream);
            reset(stream);
        });
        let run = client(&sandbox, "file-transfer", &server.address, "");
        server.join();
        run.failed_by(clause, "Connection reset by peer");
        assert_eq!(sandbox.names(), Vec::<String>::new());
    }
}

#[test]
fn what_the_user_cannot_send_is_an_error_by_the_scenarios_clause() {
    for (scenario, clause) in [("tcp-upper", "TU-5"), ("remote-command", "RC-8"), ("chat", "CH-5")]
    {
        let server = FakeServer::sending("");
        let run = client(&Sandbox::new(), scenario, &server.address, *b"\xff\n");
        server.join();
        run.failed_by(clause, "can't encode character");
    }
    let server = FakeServer::sending("");
    let arguments = ["file-transfer", "--connect", &server.address, "--timeout", "5"];
    client_with(&Sandbox::new(), &arguments, "").failed_by("FR-1", "before it sent a header");
    server.join();
}
