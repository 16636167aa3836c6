//! Servers that serve one client and end, as most of the tutorials' do: the clauses allow a port to do so.

use framecheck_tests::Sandbox;

use super::manifests::says;

/// A server of tcp-hello. It uses a processor for `FIRST` seconds before it answers, and for `LAST` seconds before
/// it ends.
const SERVER: &str = r#"import socket, sys, time
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
sock, _ = server.accept()
data = sock.recv(1024)
print(data, flush=True)
until = time.monotonic() + FIRST
while time.monotonic() < until:
    pass
if data != b'a\0b' or not WRONG:
    sock.sendall(sys.argv[3].encode())
sock.shutdown(socket.SHUT_WR)
try:
    while sock.recv(1024):
        pass
except OSError:
    pass
sock.close()
until = time.monotonic() + LAST
while time.monotonic() < until:
    pass
sys.exit(STATUS)
"#;

/// Plays the harness as a client of such a server, and the follow-up client.
fn played(changes: &[(&str, &str)], status: i32) -> String {
    played_with(&["--input", "raw-*"], changes, status)
}

fn played_with(chosen: &[&str], changes: &[(&str, &str)], status: i32) -> String {
    let sandbox = Sandbox::new();
    let usual = [("FIRST", "0"), ("LAST", "0"), ("WRONG", "False"), ("STATUS", "0")];
    let server = changes
        .iter()
        .chain(&usual)
        .fold(SERVER.to_owned(), |server, (name, value)| server.replace(name, value));
    sandbox.write("one.py", server);
    let command = "tcp-hello = [\"python3\", \"one.py\", \"{host}\", \"{port}\", \"{answer}\"]\n";
    sandbox.write("one.toml", format!("name = \"one\"\n[server]\n{command}"));
    let options = ["run", "--scenario", "tcp-hello", "--peer", "one.toml", "--no-shrink"];
    let pairing = ["--pairing", "one->harness", "--network", "asis"];
    says(&sandbox, &[&options[..], &pairing, chosen].concat(), status).0
}

#[test]
fn a_server_that_ends_well_after_its_one_client_is_right() {
    let shown = played(&[], 0);
    assert!(shown.contains(" pass in "), "{shown}");
}

#[test]
fn a_server_that_takes_its_time_to_end_is_right() {
    let shown = played(&[("LAST", "0.4")], 0);
    assert!(shown.contains(" pass in "), "{shown}");
}

#[test]
fn a_server_that_ends_badly_or_answers_badly_is_not() {
    let shown = played(&[("STATUS", "3")], 1);
    assert!(shown.contains("server-exit: expected status 0, found status 3"), "{shown}");
    let shown = played(&[("WRONG", "True")], 1);
    assert!(shown.contains("[TH-2] to-client parts at byte 0"), "{shown}");
}

/// The harness itself sent the signal that then ended the server.
#[test]
fn a_server_that_spins_is_said_to_spin_and_not_to_have_crashed() {
    // A busy machine takes long to give it a second.
    let one = ["--input", "raw-nul", "--deadline", "120"];
    let shown = played_with(&one, &[("FIRST", "1e9")], 1);
    assert!(shown.contains("the server keeps a processor busy for nothing"), "{shown}");
    assert!(!shown.contains("SIGKILL") && !shown.contains("crash"), "{shown}");
}
