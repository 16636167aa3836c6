//! `attach`: a person starts one side of a case by hand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use framecheck_tests::{Sandbox, program, repository};

use super::commands::stdout_of;
use super::manifests::says;

/// The tutorial's case of a scenario, with the port in a role.
fn tutorial(scenario: &str, pairing: &str) -> String {
    let listed: serde_json::Value =
        serde_json::from_str(&stdout_of(&["list", "--format", "json"])).unwrap();
    let scenarios = listed["scenarios"].as_array().unwrap();
    let ours = scenarios.iter().find(|it| it["name"] == scenario).unwrap();
    let id = ours["vectors"][0]["id"].as_str().unwrap();
    let transport = ours["transports"][0].as_str().unwrap();
    format!("{scenario}/{pairing}/{transport}/asis/{id}")
}

fn attach(sandbox: &Sandbox, arguments: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(program("framecheck"))
        .arg("attach")
        .args(arguments)
        .env("FRAMECHECK_REFERENCE", repository().join("python-ref"))
        .current_dir(sandbox.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (child, stdout)
}

/// The text that is printed before the wait.
fn instructions(stdout: &mut impl BufRead) -> String {
    let mut told = String::new();
    while !told.contains("press Enter") {
        assert!(stdout.read_line(&mut told).unwrap() > 0, "{told}");
    }
    told
}

#[test]
fn a_client_by_hand_is_told_where_to_connect_and_what_to_type() {
    let sandbox = Sandbox::new();
    let id = tutorial("tcp-upper", "python->rust");
    let (mut child, mut stdout) = attach(&sandbox, &[&id, "--role", "client"]);
    let told = instructions(&mut stdout);
    let port: u16 = told.split("port ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    for line in told.lines().filter_map(|line| line.trim().strip_prefix("type into it: ")) {
        stream.write_all(line.as_bytes()).unwrap();
        let mut answer = vec![0; line.len()];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, line.to_ascii_uppercase().as_bytes());
    }
    drop(stream);
    let mut shown = String::new();
    stdout.read_to_string(&mut shown).unwrap();
    assert!(shown.contains("verdict: pass"), "{shown}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_server_by_hand_is_waited_for_and_judged() {
    let sandbox = Sandbox::new();
    let id = tutorial("tcp-upper", "rust->python");
    // Free, and reserved while this is held.
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = held.local_addr().unwrap().to_string();
    let (mut child, mut stdout) = attach(&sandbox, &[&id, "--role", "server", "--at", &at]);
    let told = instructions(&mut stdout);
    assert!(told.contains(&at.replace(':', ", port ")), "{told}");
    // A server whose answers are all wrong.
    let (mut stream, _) = held.accept().unwrap();
    let mut asked = [0; 1024];
    let asked = stream.read(&mut asked).unwrap();
    stream.write_all(&vec![b'?'; asked]).unwrap();
    drop((stream, held));
    let mut shown = String::new();
    stdout.read_to_string(&mut shown).unwrap();
    assert!(shown.contains("[TU-2] to-client parts at byte 0"), "{shown}");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_datagram_client_by_hand_has_ended_when_its_user_says_so() {
    let sandbox = Sandbox::new();
    let id = tutorial("udp-upper", "python->rust");
    let (mut child, mut stdout) = attach(&sandbox, &[&id, "--role", "client"]);
    let told = instructions(&mut stdout);
    let port: u16 = told.split("port ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(framecheck_tests::DEADLINE)).unwrap();
    socket.connect(("127.0.0.1", port)).unwrap();
    for line in told.lines().filter_map(|line| line.trim().strip_prefix("type into it: ")) {
        socket.send(line.as_bytes()).unwrap();
        let mut answer = [0; 1024];
        let len = socket.recv(&mut answer).unwrap();
        assert_eq!(&answer[..len], line.to_ascii_uppercase().as_bytes());
    }
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let mut shown = String::new();
    stdout.read_to_string(&mut shown).unwrap();
    assert!(shown.contains("verdict: pass"), "{shown}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_side_that_the_harness_plays_is_not_played_by_hand() {
    let sandbox = Sandbox::new();
    let id = tutorial("tcp-upper", "python->rust");
    let (_, stderr) = says(&sandbox, &["attach", &id], 2);
    assert!(stderr.contains("--role"), "{stderr}");
    let unknown = id.replace("rust", "acme");
    let (_, stderr) = says(&sandbox, &["attach", &unknown, "--role", "client"], 2);
    assert!(stderr.contains("no peer is called \"acme\""), "{stderr}");
}
