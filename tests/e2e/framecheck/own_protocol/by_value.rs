//! JSON that is compared by its value, where the value still decides what a program reads and when it answers.

use framecheck_tests::Sandbox;

use crate::framecheck::manifests::says;

/// Answers each request with a frame that has a body only if the request had none.
const SERVER: &str = r#"
import json, socket, struct, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    stream = sock.makefile('rb')
    while header := stream.read(4):
        request = json.loads(stream.read(struct.unpack('>I', header)[0]))
        body = stream.read(request['size'])
        answer = b'' if body else b'none'
        text = json.dumps({'size': len(answer)}).encode()
        sock.sendall(struct.pack('>I', len(text)) + text + answer)
    sock.close()
"#;

/// Sends each line as a body. With a third argument, the size is a float.
const CLIENT: &str = r#"
import json, socket, struct, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
stream = sock.makefile('rb')
for line in sys.stdin:
    body = line.strip().encode()
    size = float(len(body)) if sys.argv[3:] else len(body)
    text = json.dumps({'size': size}).encode()
    sock.sendall(struct.pack('>I', len(text)) + text + body)
    answer = json.loads(stream.read(struct.unpack('>I', stream.read(4))[0]))
    stream.read(answer['size'])
"#;

const FILE: &str = r#"
name = "sizes"
[reference]
name = "ours"
server = ["python3", "server.py", "{host}", "{port}"]
client = ["python3", "client.py", "{host}", "{port}"]
[[input]]
name = "empty-first"
typed = ["", "text"]
networks = "none"
[[input]]
name = "text-first"
typed = ["text", ""]
networks = "none"
[frames.frame]
parts = [
    { name = "length", struct = ">I" },
    { name = "dict", json = "length" },
    { name = "body", bytes = "dict.size" },
]
[streams]
to-server = ["frame*"]
to-client = ["frame*"]
[compare]
json = "value"
turns = true
"#;

fn home() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("server.py", SERVER);
    sandbox.write("client.py", CLIENT);
    sandbox.write("sizes.toml", FILE);
    sandbox
}

/// Of such frames, only the bodies count as bytes: all frames without a body once had the same place.
#[test]
fn an_answer_without_a_body_is_not_taken_for_a_later_one() {
    let sandbox = home();
    let (shown, _) =
        says(&sandbox, &["run", "sizes.toml", "--skip-input", "hostile*", "--out", "out"], 0);
    assert!(!shown.contains("fail"), "{shown}");
}

/// The reference's server refuses 4.0 as a size, although Python finds it equal to 4.
#[test]
fn a_size_that_is_a_float_is_the_failure_of_the_port_that_sends_it() {
    let sandbox = home();
    let command = "[\"python3\", \"client.py\", \"{host}\", \"{port}\", \"float\"]";
    sandbox.write("port.toml", format!("name = \"port\"\n[client]\nsizes = {command}\n"));
    let chosen = ["--skip-input", "hostile*", "--pairing", "ours->port", "--network", "asis"];
    let (shown, _) = says(
        &sandbox,
        &[&["run", "sizes.toml", "--peer", "port.toml", "--out", "out"][..], &chosen].concat(),
        1,
    );
    let wrong = "[to-server] frame.dict: expected dict.size to be the size of body, found float";
    assert!(shown.contains(wrong) && !shown.contains("erratum"), "{shown}");
}
