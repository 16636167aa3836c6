//! A third-party server may cut an answer into any number of pieces. The tutorial's client reacts to
//! the pieces all the same, and the harness must distinguish that from a wrong answer.

use framecheck_tests::Sandbox;

use super::commands::id_of;
use super::manifests::says;

/// A server of remote-command that answers everything with the same bytes: header and dict in one
/// write, and the body in two, each of which waits until the one before has arrived.
const SERVER: &str = r#"import fcntl, json, socket, struct, sys, termios
server = socket.create_server((sys.argv[1], int(sys.argv[2])))

def unsent(sock):
    return struct.unpack('i', fcntl.ioctl(sock, termios.TIOCOUTQ, b'\0' * 4))[0]

while True:
    sock, _ = server.accept()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with sock:
        try:
            while sock.recv(1024):
                head = json.dumps({'data_size': 6}).encode()
                for piece in [struct.pack('i', len(head)), head, FIRST, b'lo\n']:
                    sock.sendall(piece)
                    while unsent(sock):
                        pass
                print(b'', flush=True)
        except OSError:
            pass
"#;

/// Plays `echo hello` typed at the tutorial's client a few times. Each ends with this status. Returns
/// the output.
fn played(first: &str, network: &str, status: i32) -> Vec<String> {
    let sandbox = Sandbox::new();
    sandbox.write("pieces.py", SERVER.replace("FIRST", first));
    sandbox.write(
        "pieces.toml",
        "name = \"pieces\"\n[server]\n\
         remote-command = [\"python3\", \"pieces.py\", \"{host}\", \"{port}\"]\n",
    );
    let id = id_of("remote-command", "only-stdout", "pieces->python/tcp4");
    let id = id.replace("/asis/", &format!("/{network}/"));
    let replay = ["replay", "--peer", "pieces.toml", &id];
    (0..8).map(|_| says(&sandbox, &replay, status).0).collect()
}

#[test]
fn a_right_answer_in_pieces_is_no_failure() {
    for shown in played("b'hel'", "asis", 0) {
        let erratum = "verdict: erratum\n  [RC-6] erratum remote-command-answer-turned-round";
        assert!(shown.contains("verdict: pass") || shown.contains(erratum), "{shown}");
    }
}

#[test]
fn a_wrong_answer_in_pieces_is_one() {
    for network in ["asis", "bytewise-down"] {
        for shown in played("b'hex'", network, 1) {
            assert!(shown.contains("verdict: fail\n  [RC-5] answer.body: expected "), "{shown}");
        }
    }
}
