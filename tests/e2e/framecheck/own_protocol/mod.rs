//! Protocol files: scenarios that their owners describe, and whose reference decides what is right.

mod by_value;
mod cache;
mod commands;
pub(super) mod fixed_address;
mod frames;
mod judged;
mod needs;
mod shapes;
mod steady;
mod whole_file;

use framecheck_tests::Sandbox;
use serde_json::Value;

use super::manifests::says;
use super::{report, verdicts};

/// Stores the files that it receives, and answers with their sizes. A word after the port is one of its
/// bugs.
const SERVER: &str = r"import json, os, socket, struct, sys
bug = sys.argv[3] if len(sys.argv) > 3 else ''
def exactly(sock, size):
    got = b''
    while len(got) < size:
        part = sock.recv(size - len(got))
        if not part:
            raise EOFError
        got += part
    return got
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    with sock:
        try:
            while True:
                size, = struct.unpack('>I', exactly(sock, 4))
                head = json.loads(exactly(sock, size))
                body = exactly(sock, head['size'])
                with open(head['name'], 'wb') as file:
                    file.write(body[:-1] if bug == 'short' else body)
                answer = json.dumps({'got': len(body)}).encode()
                if bug == 'spaces':
                    answer = answer.replace(b': ', b':')
                if bug == 'letter' and b'Z' in body:
                    answer = answer.upper()
                sock.sendall(struct.pack('>I', len(answer)) + answer)
        except (EOFError, OSError):
            pass
    if bug == 'once':
        break
";

/// Sends the files that are typed. A word after the port is one of its bugs.
const CLIENT: &str = r"import json, socket, struct, sys
bug = sys.argv[3] if len(sys.argv) > 3 else ''
def exactly(sock, size):
    got = b''
    while len(got) < size:
        part = sock.recv(size - len(got))
        if not part:
            if bug == 'content':
                sys.exit(0)
            if bug == 'mute':
                sys.exit(1)
            sys.exit('the server is gone')
        got += part
        if bug == 'unlooped' and size == 4 and len(got) < size:
            raise ValueError('a short header')
    return got
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
    for line in sys.stdin:
        name = line.rstrip('\n')
        body = open(name, 'rb').read()
        head = {'size': len(body), 'name': name} if bug == 'keys' else {'name': name, 'size': len(body)}
        head = json.dumps(head).encode()
        sock.sendall(struct.pack('>I', len(head)) + head + body)
        size, = struct.unpack('>I', exactly(sock, 4))
        print(json.loads(exactly(sock, size)))
if bug == 'status':
    sys.exit(4)
if bug == 'litter':
    open('litter', 'w').close()
";

/// Its file: two fixed inputs.
const FILE: &str = r#"name = "up"
summary = "puts files"

[reference]
server = ["python3", "server.py", "{host}", "{port}"]
client = ["python3", "client.py", "{host}", "{port}"]
name = "ours"
language = "Python"

[[input]]
name = "two"
typed = ["a.txt", "b.bin"]
client-files = { "a.txt" = "hello\n", "b.bin" = { hex = "00ff0a" } }
networks = "none"

[[input]]
name = "empty"
typed = ["e"]
client-files = { "e" = "" }
networks = "none"
"#;

/// A directory with the reference and its file.
fn home() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("server.py", SERVER);
    sandbox.write("client.py", CLIENT);
    sandbox.write("up.toml", FILE);
    sandbox
}

/// A manifest of a peer with these programs, one role each where there is one.
fn peer(sandbox: &Sandbox, name: &str, server: Option<&str>, client: Option<&str>) -> String {
    let command = |role: &str, script: Option<&str>| match script {
        Some(rest) => format!("[{role}]\nup = [\"python3\", {rest}]\n"),
        None => String::new(),
    };
    let manifest = format!("{name}.toml");
    let text = format!(
        "name = \"{name}\"\nwarm = true\n{}{}",
        command("server", server),
        command("client", client)
    );
    sandbox.write(&manifest, text);
    manifest
}

/// A peer whose programs are the reference's with these bugs; an empty one means no bug.
fn port(sandbox: &Sandbox, name: &str, server: Option<&str>, client: Option<&str>) -> String {
    let rest = |program: &str, bug: Option<&str>| {
        Some(format!("\"{program}.py\", \"{{host}}\", \"{{port}}\", \"{}\"", bug?))
    };
    let [server, client] = [rest("server", server), rest("client", client)];
    peer(sandbox, name, server.as_deref(), client.as_deref())
}

/// Runs a file with these options, and returns the output and the report.
fn run(sandbox: &Sandbox, options: &[&str], status: i32) -> (String, Value) {
    let usual = ["run", "up.toml", "--cases", "0", "--no-shrink", "--out", "out"];
    let (stdout, stderr) = says(sandbox, &[&usual[..], options].concat(), status);
    (stdout + &stderr, report(&sandbox.path().join("out")))
}

/// A case of a report, by the beginning of its id.
fn case<'r>(report: &'r Value, begins: &str) -> &'r Value {
    let cases = report["cases"].as_array().unwrap();
    let mut found = cases.iter().filter(|case| case["id"].as_str().unwrap().starts_with(begins));
    found.next().unwrap_or_else(|| panic!("no {begins} in {cases:?}"))
}
