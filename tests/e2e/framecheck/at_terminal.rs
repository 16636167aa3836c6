//! Inputs typed at a pseudo-terminal on each side.

use framecheck_tests::Sandbox;

use super::broken_peer::programs;
use super::commands::{id_of, stdout_of};
use super::{report, verdicts};

#[test]
fn a_talk_at_terminals_is_shown_and_replayed() {
    let id = id_of("chat", "at-terminals-chinese-and-emoji", "python->rust/tcp4");
    let shown = stdout_of(&["show", &id]);
    assert!(shown.contains("\"terminal\":true"), "{shown}");
    let replayed = stdout_of(&["replay", &id]);
    let screen = "stdout: 请输入你需要发送的消息>>>:萨瓦迪卡";
    for part in [screen, "Traceback", "EOFError", "verdict: pass"] {
        assert!(replayed.contains(part), "no {part:?} in {replayed}");
    }
}

#[test]
fn every_stream_of_a_program_at_a_terminal_is_the_terminal() {
    // A client that plays only at a terminal, and answers only when it is asked.
    let script = r#"#!/usr/bin/env python3
import os, socket, sys
assert all(map(os.isatty, range(3))), 'no terminal'
assert len({os.ttyname(stream) for stream in range(3)}) == 1
host, port = sys.argv[2].split('=', 1)[1].rsplit(':', 1)
client = socket.create_connection((host, int(port)))
while True:
    print('请输入你想要发送的信息>>>:', end='', flush=True)
    line = os.read(0, 5000)
    if not line:
        break
    if line.strip():
        client.sendall(line.strip())
        print('收到服务端消息>>>:' + client.recv(1024).decode(), flush=True)
"#;
    let sandbox = Sandbox::new();
    let programs = programs(&sandbox, "frame-client", script);
    let output = sandbox
        .framecheck()
        .args(["run", "--cases", "0", "--scenario", "chat-guarded", "--transport", "tcp4"])
        .args([
            "--skip",
            "*[2-57-9a-df]",
            "--pairing",
            "python->rust",
            "--out",
            "out",
            "--programs",
        ])
        .arg(&programs)
        .assert()
        .code(1)
        .get_output()
        .clone();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    let verdict = |vector| &verdicts[&id_of("chat-guarded", vector, "python->rust/tcp4")];
    for vector in ["at-terminals", "at-terminals-chinese-and-emoji", "at-terminals-empty-lines"] {
        assert_eq!(verdict(vector), "pass", "{vector}: {stdout}");
    }
    assert_eq!(verdict("three-turns"), "fail", "{stdout}");
}
