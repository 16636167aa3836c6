//! Servers that serve one client and end, as most of the tutorials' do: the clauses let a port do so.

use framecheck_tests::Sandbox;

use super::manifests::says;

/// A server of tcp-hello. Once it has printed what it received, it stays `BUSY` seconds before it ends.
const SERVER: &str = r#"import socket, sys, time
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
sock, _ = server.accept()
data = sock.recv(1024)
print(data, flush=True)
if data != b'a\0b' or not WRONG:
    sock.sendall(sys.argv[3].encode())
sock.shutdown(socket.SHUT_WR)
try:
    while sock.recv(1024):
        pass
except OSError:
    pass
sock.close()
until = time.monotonic() + BUSY
while time.monotonic() < until:
    pass
sys.exit(STATUS)
"#;

/// Play the harness as a client of such a server, and the client that comes next.
fn played(changes: &[(&str, &str)], status: i32) -> String {
    let sandbox = Sandbox::new();
    let usual = [("BUSY", "0"), ("WRONG", "False"), ("STATUS", "0")];
    let server = changes
        .iter()
        .chain(&usual)
        .fold(SERVER.to_owned(), |server, (name, value)| server.replace(name, value));
    sandbox.write("one.py", server);
    let command = "tcp-hello = [\"python3\", \"one.py\", \"{host}\", \"{port}\", \"{answer}\"]\n";
    sandbox.write("one.toml", format!("name = \"one\"\n[server]\n{command}"));
    let options = ["run", "--scenario", "tcp-hello", "--peer", "one.toml", "--no-shrink"];
    let chosen = ["--pairing", "one->harness", "--network", "asis", "--input", "raw-*"];
    says(&sandbox, &[&options[..], &chosen[..]].concat(), status).0
}

#[test]
fn a_server_that_ends_well_after_its_one_client_is_right() {
    let shown = played(&[], 0);
    assert!(shown.contains(" pass in "), "{shown}");
}

#[test]
fn a_server_that_takes_its_time_to_end_is_right() {
    let shown = played(&[("BUSY", "0.4")], 0);
    assert!(shown.contains(" pass in "), "{shown}");
}

#[test]
fn a_server_that_ends_badly_or_answers_badly_is_not() {
    let shown = played(&[("STATUS", "3")], 1);
    assert!(shown.contains("server-exit: expected status 0, found status 3"), "{shown}");
    let shown = played(&[("WRONG", "True")], 1);
    assert!(shown.contains("[TH-2] to-client parts at byte 0"), "{shown}");
}
