//! Programs of all kinds: they wait, end, keep a state, use a terminal, or speak another transport.

use framecheck_tests::Sandbox;

use super::{case, report, says, verdicts};

/// A home with these two programs and this body of the file.
fn home(server: &str, client: &str, file: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("server.py", server);
    sandbox.write("client.py", client);
    sandbox.write("up.toml", format!("name = \"up\"\n{file}"));
    sandbox
}

const PROGRAMS: &str = "[reference]\nserver = [\"python3\", \"server.py\", \"{host}\", \"{port}\"]\n\
                        client = [\"python3\", \"client.py\", \"{host}\", \"{port}\"]\nname = \"ours\"\n";
const INPUT: &str =
    "[[input]]\nname = \"one\"\ntyped = [\"hello\", \"you\"]\nnetworks = \"none\"\n";

/// Answers each line in upper case.
const SERVER: &str = r"import os, socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    with sock, sock.makefile('rwb') as lines:
        try:
            for line in lines:
                lines.write(line.upper())
                lines.flush()
        except OSError:
            pass
";

const CLIENT: &str = r"import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock, sock.makefile('rwb') as lines:
    for line in sys.stdin:
        lines.write(line.encode())
        lines.flush()
        if not lines.readline():
            sys.exit('the server is gone')
";

/// A manifest of a peer with both programs.
fn peer(sandbox: &Sandbox, name: &str, server: &str, client: &str) -> String {
    let program = |role: &str, text: &str| {
        sandbox.write(&format!("{name}-{role}.py"), text);
        format!("[{role}]\nup = [\"python3\", \"{name}-{role}.py\", \"{{host}}\", \"{{port}}\"]\n")
    };
    let manifest = format!("{name}.toml");
    let roles = program("server", server) + &program("client", client);
    sandbox.write(&manifest, format!("name = \"{name}\"\nwarm = true\n{roles}"));
    manifest
}

/// What check-protocol says of a usable file.
fn usable(sandbox: &Sandbox) -> String {
    let (stdout, _) = says(sandbox, &["check-protocol", "up.toml"], 0);
    assert!(stdout.contains("usable; next: framecheck run "), "{stdout}");
    stdout
}

/// Plays the file with these peers; verdicts by case.
fn play(
    sandbox: &Sandbox,
    peers: &[&str],
    status: i32,
) -> std::collections::BTreeMap<String, String> {
    let mut options = vec!["run", "up.toml", "--cases", "0", "--no-shrink", "--out", "out"];
    options.extend(peers.iter().flat_map(|it| ["--peer", it]));
    says(sandbox, &options, status);
    verdicts(&report(&sandbox.path().join("out")))
}

#[test]
fn where_the_reference_waits_or_ends_a_port_may_do_the_same_or_go_on() {
    let waits = CLIENT.to_owned() + "    lines.readline()\n";
    let ends = SERVER.replace("while True:", "for _ in range(1):");
    let sandbox = home(&ends, &waits, &(PROGRAMS.to_owned() + INPUT));
    let stdout = usable(&sandbox);
    assert!(
        stdout.contains("the client waits at the end; a port's may wait or end with status 0"),
        "{stdout}"
    );
    assert!(
        stdout.contains("the server ends after its client; a port's may end or go on"),
        "{stdout}"
    );
    let same = peer(&sandbox, "same", &ends, &waits);
    let other = peer(&sandbox, "other", SERVER, CLIENT);
    let verdicts = play(&sandbox, &[&same, &other], 0);
    assert!(
        verdicts.len() >= 9 && verdicts.values().all(|verdict| verdict == "pass"),
        "{verdicts:?}"
    );
}

#[test]
fn a_server_that_keeps_a_state_is_told_and_its_right_port_passes_over_harm() {
    let stateful = SERVER
        .replace("while True:", "count = 0\nwhile True:\n    count += 1")
        .replace("line.upper()", "line.upper() + b'%d' % count");
    let client = CLIENT
        .replace("lines.readline()", "lines.readline().strip()")
        .replace("        if not", "        if line and not");
    let stateful = stateful
        .replace("b'%d' % count", "b''")
        .replace("line.upper()", "b'%d ' % count + line.upper()");
    let file = PROGRAMS.to_owned() + &INPUT.replace("none", "some");
    let sandbox = home(&stateful, &client, &file);
    let stdout = usable(&sandbox);
    assert!(
        stdout.contains("a second client gets other answers: the server keeps state"),
        "{stdout}"
    );
    let same = peer(&sandbox, "same", &stateful, &client);
    let options = ["run", "up.toml", "--peer", &same, "--pairing", "same->ours", "--out", "out"];
    let networks = ["--network", "asis", "--network", "cut@3", "--network", "reset-up@6"];
    says(&sandbox, &[&options[..], &networks].concat(), 0);
}

#[test]
fn files_in_subdirectories_are_compared_and_one_outside_is_told() {
    let keeps = SERVER.replace("lines.write(line", "os.makedirs('log/a', exist_ok=True)\n                open('log/a/all', 'ab').write(line + open('conf/x', 'rb').read())\n                lines.write(line");
    let file = PROGRAMS.to_owned() + INPUT + "server-files = { \"conf/x\" = \"x\" }\n";
    let sandbox = home(&keeps, CLIENT, &file);
    usable(&sandbox);
    let wrong = peer(&sandbox, "wrong", &keeps.replace("+ open", "+ b'y' + open"), CLIENT);
    let climbs =
        peer(&sandbox, "climbs", &keeps, &(CLIENT.to_owned() + "open('../x', 'w').close()\n"));
    let options = ["run", "up.toml", "--peer", &wrong, "--peer", &climbs, "--out", "out"];
    let pairings = ["--pairing", "wrong->ours", "--pairing", "ours->climbs"];
    let (stdout, _) = says(&sandbox, &[&options[..], &pairings].concat(), 1);
    assert!(
        stdout.contains("[server-files] server-files: \"log/a/all\" parts at byte 6"),
        "{stdout}"
    );
    assert!(stdout.contains("[client-files] client-files: unexpected file \"../x\""), "{stdout}");
}

#[test]
fn a_process_that_is_left_behind_is_told() {
    let leaves = CLIENT.to_owned()
        + "import subprocess\nnull = subprocess.DEVNULL\n\
           subprocess.Popen(['sleep', '60'], stdin=null, stdout=null, stderr=null)\n";
    let sandbox = home(SERVER, &leaves, &(PROGRAMS.to_owned() + INPUT));
    let (stdout, _) = says(&sandbox, &["check-protocol", "up.toml"], 1);
    assert!(stdout.contains("it leaves processes behind: sleep"), "{stdout}");
}

#[test]
fn lines_typed_at_both_and_at_terminals_reach_their_programs() {
    let server = r"import socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
sock, _ = server.accept()
with sock, sock.makefile('rwb') as lines:
    while line := lines.readline():
        lines.write(input('answer> ').encode() + b'\n')
        lines.flush()
";
    let client = r"import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock, sock.makefile('rwb') as lines:
    while True:
        lines.write(input('say: ').encode() + b'\n')
        lines.flush()
        print(lines.readline().decode(), end='')
";
    let input = "[[input]]\nname = \"NAME\"\ntyped = [\"hello\", \"you\"]\n\
                 typed-at-server = [\"well\", \"yes\"]\nnetworks = \"none\"\n";
    let terminal = input.replace("NAME", "terminal") + "terminal = true\n";
    let prompted = terminal.replace("\"terminal\"", "\"prompted\"")
        + "prompt = { client = \"say: \", server = \"answer> \" }\n";
    let file = PROGRAMS.to_owned() + &input.replace("NAME", "pipes") + &terminal + &prompted;
    let sandbox = home(server, client, &file);
    let stdout = usable(&sandbox);
    for name in ["pipes", "terminal", "prompted"] {
        let words = format!("ok    {name}: 10 bytes to the server, 9 bytes to the client");
        assert!(stdout.contains(&words), "{words:?} is not in:\n{stdout}");
    }
    let right = peer(&sandbox, "right", server, client);
    let wrong = peer(&sandbox, "wrong", &server.replace("b'\\n')", "b'!\\n')"), client);
    let verdicts = play(&sandbox, &[&right, &wrong], 1);
    for (id, verdict) in &verdicts {
        let is_wrong = id.contains("/wrong->");
        assert_eq!(verdict == "pass", !is_wrong, "{id}: {verdict}");
    }
}

#[test]
fn unix_sockets_and_ipv6_and_datagrams_are_spoken() {
    let server = SERVER.replace(
        "socket.create_server((sys.argv[1], int(sys.argv[2])))",
        "socket.socket(socket.AF_UNIX)\nserver.bind(sys.argv[1])\nserver.listen()",
    );
    let client = CLIENT.replace(
        "with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock",
        "sock = socket.socket(socket.AF_UNIX)\nsock.connect(sys.argv[1])\nwith sock",
    );
    let programs = PROGRAMS.replace("\"{host}\", \"{port}\"", "\"{path}\"");
    let file = "transports = [\"unix\"]\n".to_owned() + &programs + INPUT;
    let unix = home(&server, &client, &file);
    usable(&unix);
    assert!(play(&unix, &[], 0).contains_key(&only(&unix)));

    let address = "host, port = sys.argv[1].rsplit(':', 1)\nhost = host.strip('[]')\n";
    let family = "socket.AF_INET6 if ':' in host else socket.AF_INET";
    let server = SERVER.replace(
        "server = socket.create_server((sys.argv[1], int(sys.argv[2])))",
        &format!("{address}server = socket.create_server((host, int(port)), family={family})"),
    );
    let client = CLIENT.replace(
        "with socket.create_connection((sys.argv[1], int(sys.argv[2])))",
        &format!("{address}with socket.create_connection((host, int(port)))"),
    );
    let programs = PROGRAMS.replace("\"{host}\", \"{port}\"", "\"{address}\"");
    let file = "transports = [\"tcp4\", \"tcp6\"]\n".to_owned() + &programs + INPUT;
    let six = home(&server, &client, &file);
    let verdicts = play(&six, &[], 0);
    assert!(verdicts.keys().any(|id| id.starts_with("up/ours->ours/tcp6/asis/")), "{verdicts:?}");

    let server = r"import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], int(sys.argv[2])))
while True:
    data, client = server.recvfrom(1024)
    server.sendto(data.upper(), client)
";
    let client = r"import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(5)
for line in sys.stdin:
    sock.sendto(line.strip().encode(), (sys.argv[1], int(sys.argv[2])))
    try:
        print(sock.recv(1024).decode())
    except TimeoutError:
        sys.exit('no answer')
";
    let file = "transports = [\"udp4\"]\n".to_owned() + PROGRAMS + INPUT;
    let datagrams = home(server, client, &file);
    assert!(usable(&datagrams).contains("2 datagrams to the server, 2 datagrams to the client"));
    let wrong = peer(&datagrams, "wrong", &server.replace("upper", "lower"), client);
    let verdicts = play(&datagrams, &[&wrong], 1);
    for (id, verdict) in &verdicts {
        assert_eq!(verdict == "pass", !id.contains("/wrong->"), "{id}: {verdict}");
    }
    let report = report(&datagrams.path().join("out"));
    assert_eq!(case(&report, "up/wrong->ours/udp4/asis/")["clause"], "to-client");
}

/// The id of the only case of a run.
fn only(sandbox: &Sandbox) -> String {
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    verdicts.keys().next().unwrap().clone()
}
