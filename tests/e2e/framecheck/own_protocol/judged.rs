//! Right ports pass, each wrong one is caught by its check, and the report blames the side at fault.

use super::{case, home, port, run, says, verdicts};

#[test]
fn a_right_port_passes_in_both_roles_and_a_wrong_one_fails_where_it_is_wrong() {
    let sandbox = home();
    let mut peers = vec![port(&sandbox, "right", Some(""), Some(""))];
    let servers = [
        ("spaces", "to-client", "to-client parts at byte 3: expected 28 bytes in all, found 26"),
        ("short", "server-files", "server-files: \"a.txt\" parts at byte 5"),
        ("once", "server-stays", "the server ended by itself"),
    ];
    let clients = [
        ("keys", "to-server", "to-server parts at byte 6"),
        ("status", "client-exit", "client-exit: expected status 0, found status 4"),
        ("litter", "client-files", "client-files: unexpected file \"litter\""),
        ("content", "client-exit", "client-exit: expected a status other than 0"),
        ("mute", "client-stderr", "the client does not say on standard error"),
    ];
    peers.extend(servers.map(|(bug, ..)| port(&sandbox, bug, Some(bug), None)));
    peers.extend(clients.map(|(bug, ..)| port(&sandbox, bug, None, Some(bug))));
    let mut options: Vec<&str> = peers.iter().flat_map(|it| ["--peer", it]).collect();
    options.extend(["--pairing", "ours->*", "--pairing", "*->ours"]);
    options.extend(["--input", "two", "--network", "asis", "--network", "cut@9"]);
    let (_, report) = run(&sandbox, &options, 1);
    let pairings = |of: &[(&str, &str, &str)], before: &str, after: &str| {
        of.iter().map(|(bug, ..)| format!("up/{before}{bug}{after}/tcp4/")).collect::<Vec<_>>()
    };
    let wrong: Vec<String> =
        [pairings(&servers, "", "->ours"), pairings(&clients, "ours->", "")].concat();
    let all = servers.iter().chain(&clients);
    for (begins, (bug, check, says)) in wrong.iter().zip(all) {
        let network = if ["content", "mute"].contains(bug) { "cut@9" } else { "asis" };
        let case = case(&report, &format!("{begins}{network}/"));
        assert_eq!(case["verdict"], "fail", "{case}");
        assert_eq!(case["clause"], *check, "{case}");
        let what = case["differences"][0]["what"].as_str().unwrap();
        assert!(what.starts_with(says), "{bug}: {what}");
    }
    for (id, verdict) in verdicts(&report) {
        let is_wrong = wrong.iter().any(|begins| id.starts_with(begins));
        assert!(is_wrong || verdict == "pass", "{id}: {verdict}");
    }
    for pairing in ["ours->ours", "right->ours", "ours->right"] {
        assert_eq!(case(&report, &format!("up/{pairing}/tcp4/cut@9/"))["verdict"], "pass");
    }
}

#[test]
fn a_clause_of_the_owner_stands_in_the_place_of_its_check() {
    let sandbox = home();
    let clause = "[[clause]]\nid = \"UP-1\"\ntext = \"The answer says how many bytes came.\"\n\
                  checks = [\"to-client\"]\n";
    sandbox.write("up.toml", super::FILE.to_owned() + clause);
    let peer = port(&sandbox, "acme", Some("spaces"), None);
    let options = ["--peer", &peer, "--input", "two", "--pairing", "acme->*"];
    let (shown, report) = run(&sandbox, &options, 1);
    assert!(shown.contains("[UP-1] to-client parts at byte 3"), "{shown}");
    assert_eq!(case(&report, "up/acme->ours/")["clause"], "UP-1");
    assert!(says(&sandbox, &["list", "up.toml"], 0).0.contains("UP-1"));
}

/// The reference's client calls recv(4) only once.
fn unlooped() -> framecheck_tests::Sandbox {
    let sandbox = home();
    sandbox.write("client.py", super::CLIENT.replace("else ''", "else 'unlooped'"));
    sandbox
}

#[test]
fn what_the_reference_does_wrong_is_its_own_failure_and_no_ports() {
    let sandbox = unlooped();
    let right = port(&sandbox, "right", Some(""), None);
    let wrong = port(&sandbox, "wrong", Some("spaces"), None);
    let copy = port(&sandbox, "copy", None, Some("unlooped"));
    let mute = port(&sandbox, "mute", None, Some("content"));
    let network = ["--network", "asis", "--network", "split@2", "--input", "two"];
    let peers = ["--peer", &right, "--peer", &wrong, "--peer", &copy, "--peer", &mute];
    let options = [&peers[..], &network].concat();
    let (shown, report) = run(&sandbox, &options, 1);
    for (pairing, network, verdict) in [
        ("ours->ours", "asis", "pass"),
        ("ours->ours", "split@2", "fail"),
        ("right->ours", "asis", "pass"),
        ("right->ours", "split@2", "erratum"),
        ("wrong->ours", "asis", "fail"),
        ("wrong->ours", "split@2", "fail"),
        // A port that does as the reference does is not blamed, and a port that needs no loop
        // passes.
        ("ours->copy", "split@2", "erratum"),
        ("ours->mute", "split@2", "pass"),
    ] {
        let case = case(&report, &format!("up/{pairing}/tcp4/{network}/"));
        assert_eq!(case["verdict"], verdict, "{pairing} over {network}: {shown}");
    }
    // The list is written into the file, and a known failure does not count.
    let list = "# The end of the file.\n[[expected]]\nid = \"up/ours->ours/tcp4/split@2/two\"\n\
                reason = \"recv(4) is not looped\" # see #12\nsymptom = \"client-exit\"\n";
    sandbox.write("up.toml", super::FILE.to_owned() + list);
    let options = [&["--peer", &right][..], &network].concat();
    let (shown, report) = run(&sandbox, &options, 0);
    assert_eq!(case(&report, "up/ours->ours/tcp4/split")["verdict"], "expected-fail", "{shown}");
    // A run that leaves the case out is not worse for that, and neither is one without the failing
    // part.
    run(&sandbox, &["--pairing", "ours->ours", "--input", "empty"], 0);
    run(&sandbox, &["--input", "two", "--network", "asis"], 0);
}

#[test]
fn the_list_of_known_failures_is_written_into_the_file() {
    let sandbox = unlooped();
    let file = super::FILE.to_owned()
        + "\n# About the next.\n[[expected]]\nid = \"up/ours->ours/tcp4/split@{1,3}/two\"\n\
           reason = \"recv(4) is not looped\" # see #12\nsymptom = \"client-exit\"\n# The end.\n";
    sandbox.write("up.toml", &file);
    let options = ["--input", "two", "--network", "split@1", "--network", "split@2"];
    run(&sandbox, &[&options[..], &["--rewrite-expected"]].concat(), 1);
    let text = std::fs::read_to_string(sandbox.path().join("up.toml")).unwrap();
    assert!(text.starts_with(&file.replace("# The end.\n", "")), "{text}");
    assert!(text.ends_with("# The end.\n"), "{text}");
    assert!(text.contains("id = \"up/ours->ours/tcp4/split@2/"), "{text}");
    let (_, stderr) = says(&sandbox, &["list", "up.toml"], 2);
    assert!(stderr.contains("say why this failure is expected"), "{stderr}");
    sandbox.write("up.toml", text.replace("reason = \"\"", "reason = \"the same\""));
    let (_, report) = run(&sandbox, &options, 0);
    assert!(verdicts(&report).values().all(|verdict| verdict == "expected-fail"));
    // When the failure is corrected, the list says so.
    sandbox.write("client.py", super::CLIENT);
    let (shown, _) = run(&sandbox, &options, 1);
    assert!(
        shown.contains("expected to fail with ") && shown.contains(", but its verdict is pass"),
        "{shown}"
    );
}

/// Sends its second message before it has the answer to the first.
const PIPELINING: &str = r"import json, socket, struct, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
    names = sys.stdin.read().split()
    for name in names:
        body = open(name, 'rb').read()
        head = json.dumps({'name': name, 'size': len(body)}).encode()
        sock.sendall(struct.pack('>I', len(head)) + head + body)
    for name in names:
        size, = struct.unpack('>I', sock.recv(4, socket.MSG_WAITALL))
        sock.recv(size, socket.MSG_WAITALL)
";

#[test]
fn a_client_that_does_not_wait_for_its_turn_is_caught_where_turns_count() {
    let sandbox = home();
    sandbox.write("pipe.py", PIPELINING);
    let pipe = super::peer(&sandbox, "pipe", None, Some("\"pipe.py\", \"{host}\", \"{port}\""));
    let right = port(&sandbox, "right", Some(""), Some(""));
    let options = ["--peer", &pipe, "--peer", &right, "--input", "two", "--network", "delayed"];
    run(&sandbox, &options, 0);
    sandbox.write("up.toml", super::FILE.to_owned() + "[compare]\nturns = true\n");
    let (shown, report) = run(&sandbox, &options, 1);
    assert!(shown.contains("[turns] turns: the client sends byte "), "{shown}");
    assert!(shown.contains("the reference had received "), "{shown}");
    for (id, verdict) in verdicts(&report) {
        assert_eq!(verdict == "fail", id.contains("->pipe/"), "{id}: {verdict}");
    }
}

#[test]
fn a_client_that_raises_an_eof_error_of_its_own_has_not_ended_well() {
    let sandbox = home();
    sandbox.write(
        "client.py",
        super::CLIENT.replace("sys.exit('the server is gone')", "raise EOFError"),
    );
    let right = port(&sandbox, "right", None, Some(""));
    let faker = "import sys\nsys.stdin.read()\nprint('EOFError: EOF when reading a line', file=sys.stderr)\nsys.exit(1)\n";
    sandbox.write("faker.py", faker);
    let fake = super::peer(&sandbox, "fake", None, Some("\"faker.py\", \"{host}\", \"{port}\""));
    let networks = ["--network", "asis", "--network", "cut@9", "--input", "two"];
    let options = [&["--peer", &right, "--peer", &fake][..], &networks].concat();
    let (shown, report) = run(&sandbox, &options, 1);
    for (pairing, network, verdict) in [
        ("ours->ours", "cut@9", "pass"),
        ("ours->right", "cut@9", "pass"),
        ("ours->right", "asis", "pass"),
        ("ours->fake", "asis", "fail"),
    ] {
        let case = case(&report, &format!("up/{pairing}/tcp4/{network}/"));
        assert_eq!(case["verdict"], verdict, "{pairing} over {network}: {shown}");
    }
}

/// Waits for an answer before it has asked.
const WAITING: &str = r"import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
    sock.recv(4, socket.MSG_WAITALL)
";

#[test]
fn a_client_that_waits_before_it_has_asked_is_blamed_for_the_silence() {
    let sandbox = home();
    sandbox.write("wait.py", WAITING);
    let wait = super::peer(&sandbox, "wait", None, Some("\"wait.py\", \"{host}\", \"{port}\""));
    let (shown, report) = run(&sandbox, &["--peer", &wait, "--input", "two"], 1);
    assert!(shown.contains("[client-exit] nothing moves any more"), "{shown}");
    for (id, verdict) in verdicts(&report) {
        assert_eq!(verdict == "timeout" || verdict == "fail", id.contains("->wait/"), "{id}");
    }
}

#[test]
fn a_server_that_ends_in_another_way_than_the_reference_fails() {
    let sandbox = home();
    let server = |status: u8| {
        super::SERVER
            .replace("    if bug == 'once':\n        break\n", &format!("    sys.exit({status})\n"))
    };
    sandbox.write("server.py", server(1));
    sandbox.write("well.py", server(0));
    sandbox.write("goes-on.py", super::SERVER);
    let peers = ["well", "goes-on"].map(|name| {
        let program = format!("\"{name}.py\", \"{{host}}\", \"{{port}}\"");
        super::peer(&sandbox, name, Some(&program), None)
    });
    let peers = ["--peer", &peers[0], "--peer", &peers[1]];
    let options = [&peers[..], &["--network", "asis", "--input", "two", "--pairing", "*->ours"]];
    let (shown, report) = run(&sandbox, &options.concat(), 1);
    for (server, verdict) in [("ours", "pass"), ("well", "fail"), ("goes-on", "pass")] {
        let case = case(&report, &format!("up/{server}->ours/tcp4/asis/"));
        assert_eq!(case["verdict"], verdict, "{server}: {shown}");
    }
    assert!(shown.contains("[server-exit] server-exit: expected a status other than 0"), "{shown}");
}
