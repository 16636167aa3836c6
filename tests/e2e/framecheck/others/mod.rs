//! Programs that framecheck does not start: running servers, and clients that a person starts.

mod by_hand;
mod mistakes;
mod running;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use framecheck_tests::{Sandbox, python, repository};
use serde_json::Value;

use super::manifests::says;
use super::{report, verdicts};

/// Starts a server program with a port that the system chooses, prints that port, and ends after this many
/// clients.
const STARTER: &str = r"import os, runpy, socket, sys
program, clients = sys.argv[1], int(sys.argv[2])
class Socket(socket.socket):
    def listen(self, *args):
        super().listen(*args)
        print(self.getsockname()[1], flush=True)
    def accept(self):
        global clients
        if clients == 0:
            os._exit(1)
        clients -= 1
        return super().accept()
socket.socket = Socket
sys.argv = [program, '127.0.0.1', '0']
runpy.run_path(program, run_name='__main__')
";

/// A server that a test has started, not framecheck.
struct Started {
    child: Child,
    port: u16,
}

impl Started {
    /// The reference server of an example, in its own directory.
    fn example(sandbox: &Sandbox, name: &str, clients: i32) -> Self {
        let starter = sandbox.write("starter.py", STARTER);
        let data = sandbox.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        let mut child = Command::new(python())
            .arg(starter)
            .arg(example(name).join("server.py"))
            .arg(clients.to_string())
            .current_dir(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap() }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn example(name: &str) -> std::path::PathBuf {
    repository().join("examples").join(name)
}

/// The manifest of a peer that has only a server at this address.
fn running(sandbox: &Sandbox, scenario: &str, at: &str) {
    let more = if at.contains(", ") { at.to_owned() } else { format!("\"{at}\"") };
    sandbox
        .write("acme.toml", format!("name = \"acme\"\n[server]\n{scenario} = {{ at = {more} }}\n"));
}

/// Runs a protocol's file with the peer, and returns both outputs and the report.
fn run(sandbox: &Sandbox, file: &Path, options: &[&str], status: i32) -> (String, String, Value) {
    let file = file.to_str().unwrap();
    let usual = ["run", file, "--peer", "acme.toml", "--no-cache", "--no-shrink", "--out", "out"];
    let (stdout, stderr) = says(sandbox, &[&usual[..], options].concat(), status);
    (stdout, stderr, report(&sandbox.path().join("out")))
}

/// Shows lines that a server has turned into capitals; over any transport with host and port.
const CLIENT: &str = r"import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[3:] else socket.SOCK_STREAM
where = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), type=kind)[0]
with socket.socket(where[0], kind) as sock:
    sock.settimeout(2)
    sock.connect(where[4])
    for line in sys.stdin:
        line = line.rstrip('\n').encode()
        sock.sendall(line)
        got = b''
        while len(got) < len(line):
            part = sock.recv(100)
            if not part:
                sys.exit('the server is gone')
            got += part
            if sys.argv[3:]:
                break
        print(got.decode())
";

const SERVER: &str = r"import socket, sys
if sys.argv[3:]:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((sys.argv[1], int(sys.argv[2])))
    while True:
        try:
            data, client = sock.recvfrom(1000)
            sock.sendto(data.upper(), client)
        except OSError:
            pass
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    with sock:
        try:
            while data := sock.recv(1000):
                sock.sendall(data.upper())
        except OSError:
            pass
";

/// A protocol of capitals over this transport.
fn capitals(sandbox: &Sandbox, transport: &str) -> std::path::PathBuf {
    let datagrams = if transport.starts_with("udp") { ", \"udp\"" } else { "" };
    sandbox.write("server.py", SERVER);
    sandbox.write("client.py", CLIENT);
    let command = |role: &str| {
        format!("{role} = [\"python3\", \"{role}.py\", \"{{host}}\", \"{{port}}\"{datagrams}]\n")
    };
    let text = format!(
        "name = \"capitals\"\ntransports = [\"{transport}\"]\n[reference]\nname = \"ours\"\n{}{}\
         [[input]]\nname = \"two-lines\"\ntyped = [\"one\", \"and two\"]\n\
         [[input]]\nname = \"one-line\"\ntyped = [\"three\"]\n",
        command("server"),
        command("client")
    );
    sandbox.write("capitals.toml", text)
}
