//! A failure first names the wrong value and its clause, not the consequences.

use framecheck_tests::Sandbox;
use serde_json::Value;

use super::manifests::says;
use super::report;

/// A server of file-transfer, with a bug if its last argument names one.
const SERVER: &str = r#"import json, os, socket, struct, sys, time
host, port, path, desc, bug = sys.argv[1:]
server = socket.create_server((host, int(port)))
while True:
    sock, _ = server.accept()
    body = open(path, 'rb').read()
    size = len(body) - 1 if bug == 'characters' else len(body)
    about = {'file_name': os.path.basename(path), 'file_desc': desc, 'file_size': size}
    spaces = (',', ':') if bug == 'compact' else (', ', ': ')
    text = json.dumps(about, separators=spaces).encode()
    header = struct.pack('>i' if bug == 'big-endian' else 'i', len(text))
    try:
        sock.sendall(header + text + (body[:1024] if bug == 'stops' else body))
        if bug in ('stops', 'stays-open'):
            time.sleep(99)
    except OSError:
        pass
    sock.close()
"#;

/// A server of remote-command that answers with the first 1,024 bytes of a command's output, and announces
/// that size.
const COMMAND: &str = r#"import json, socket, struct, subprocess, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    try:
        while True:
            command = sock.recv(1024)
            if not command:
                break
            print('cmd:', command, flush=True)
            run = subprocess.run(['/bin/sh', '-c', command], stdout=-1, stderr=-1)
            print(run.stderr, flush=True)
            out = (run.stderr or run.stdout)[:1024]
            text = json.dumps({'data_size': len(out)}).encode()
            sock.sendall(struct.pack('i', len(text)) + text + out)
    except OSError:
        pass
    sock.close()
"#;

/// The first difference of the first case that fails.
fn first(sandbox: &Sandbox, scenario: &str, peer: &str, options: &[&str]) -> Value {
    let usual = ["run", "--scenario", scenario, "--peer", peer, "--cases", "0", "--no-shrink"];
    let pairing = format!("{}->rust", peer.trim_end_matches(".toml"));
    let where_played = ["--network", "asis", "--transport", "tcp4", "--pairing", &pairing];
    let deadline = ["--deadline", "3", "--out", "out"];
    says(sandbox, &[&usual[..], &where_played, &deadline, options].concat(), 1);
    let report = report(&sandbox.path().join("out"));
    let mut failed =
        report["cases"].as_array().unwrap().iter().filter(|case| case["verdict"] != "pass");
    let case = failed.next().unwrap();
    case["differences"][0].clone()
}

#[test]
fn the_clause_is_that_of_the_value_that_is_wrong() {
    for (bug, clause, words) in [
        ("big-endian", "FT-2", "answer.header: expected "),
        ("compact", "FT-3", "answer.dict: the same value in another text: "),
        ("characters", "FT-3", "answer.dict.file_size: expected "),
        ("stops", "FT-4", "answer.body"),
        ("stays-open", "FT-11", "the server did not close the connection"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("server.py", SERVER);
        let command = format!(
            "[\"python3\", \"server.py\", \"{{host}}\", \"{{port}}\", \"{{file}}\", \"{{desc}}\", \"{bug}\"]"
        );
        let manifest = format!("name = \"wrong\"\n[server]\nfile-transfer = {command}\n");
        sandbox.write("wrong.toml", manifest);
        let first = first(&sandbox, "file-transfer", "wrong.toml", &["--input", "1025-bytes"]);
        assert_eq!(first["clause"], clause, "{bug}: {first}");
        assert!(first["what"].as_str().unwrap().starts_with(words), "{bug}: {first}");
    }
}

#[test]
fn an_answer_that_is_cut_short_goes_against_the_clause_about_bodies() {
    let sandbox = Sandbox::new();
    sandbox.write("server.py", COMMAND);
    let command = "remote-command = [\"python3\", \"server.py\", \"{host}\", \"{port}\"]\n";
    sandbox.write("wrong.toml", format!("name = \"wrong\"\n[server]\n{command}"));
    let first = first(&sandbox, "remote-command", "wrong.toml", &["--fail-fast"]);
    assert_eq!(first["clause"], "RC-5", "{first}");
    assert!(first["what"].as_str().unwrap().starts_with("answer.body: "), "{first}");
}
