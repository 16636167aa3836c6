//! A third-party peer: its manifest, what `check-peer` says of it, and how it plays.

use framecheck_tests::Sandbox;
use serde_json::Value;

use super::{report, verdicts};

/// Upper-cases what it receives, one client after another, as TU-2 and TU-5 require.
pub(super) const UPPER_SERVER: &str = r"import socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    sock, _ = server.accept()
    with sock:
        try:
            while data := sock.recv(1024):
                sock.sendall(data.upper())
        except OSError:
            pass
";

/// A manifest of a server of tcp-upper that is this Python program.
pub(super) fn upper_server(sandbox: &Sandbox, name: &str, program: &str) -> String {
    sandbox.write(&format!("{name}.py"), program);
    let text = format!(
        "name = \"{name}\"\nlanguage = \"Python\"\n[server]\n\
         tcp-upper = [\"python3\", \"-u\", \"{name}.py\", \"{{host}}\", \"{{port}}\"]\n"
    );
    let manifest = format!("{name}.toml");
    sandbox.write(&manifest, text);
    manifest
}

/// What a command prints, when it ends with this status.
pub(super) fn says(sandbox: &Sandbox, arguments: &[&str], status: i32) -> (String, String) {
    let output = sandbox.framecheck().args(arguments).assert().code(status).get_output().clone();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn a_strangers_server_plays_with_both_built_in_clients_and_the_harness() {
    let sandbox = Sandbox::new();
    let manifest = upper_server(&sandbox, "acme", UPPER_SERVER);
    let (stdout, _) = says(&sandbox, &["check-peer", &manifest], 0);
    assert!(
        stdout.contains("server of tcp-upper") && stdout.contains("all 1 roles work"),
        "{stdout}"
    );

    let scenarios = ["--scenario", "tcp-upper", "--scenario", "udp-upper", "--cases", "2"];
    let run = ["run", "--peer", &manifest, "--out", "out"];
    says(&sandbox, &[&run[..], &scenarios].concat(), 0);
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    for pairing in ["acme->python", "acme->rust", "acme->harness"] {
        let passes = |(id, verdict): (&String, &String)| {
            id.starts_with(&format!("tcp-upper/{pairing}/")) && verdict == "pass"
        };
        assert!(verdicts.iter().any(passes), "{pairing}");
    }
    // Without a manifest's peer there is nothing new to learn.
    assert!(!verdicts.keys().any(|id| id.contains("/python->rust/")));
    // The report names what is not declared, and does not count it as passed.
    let undeclared = verdicts.iter().filter(|(id, _)| {
        id.starts_with("udp-upper/") || id.contains("/python->acme/") || id.contains("->acme/")
    });
    let undeclared: Vec<&String> = undeclared.map(|(_, verdict)| verdict).collect();
    assert!(!undeclared.is_empty());
    assert!(undeclared.iter().all(|verdict| *verdict == "not-applicable"), "{undeclared:?}");
}

#[test]
fn a_strangers_warm_server_has_the_verdicts_of_a_fresh_one() {
    let sandbox = Sandbox::new();
    let manifest = upper_server(&sandbox, "acme", UPPER_SERVER);
    let text = std::fs::read_to_string(sandbox.path().join(&manifest)).unwrap();
    sandbox.write(&manifest, text.replace("[server]", "warm = true\n[server]"));
    let run = ["run", "--peer", &manifest, "--scenario", "tcp-upper", "--cases", "2", "--out"];
    let [warm, fresh] = [&["warm"][..], &["fresh", "--fresh"]].map(|out| {
        says(&sandbox, &[&run[..], out].concat(), 0);
        verdicts(&report(&sandbox.path().join(out[0])))
    });
    assert!(warm.values().any(|verdict| verdict == "pass"));
    assert_eq!(warm, fresh);
}

#[test]
fn two_strangers_play_with_each_other_and_two_of_one_name_are_refused() {
    let sandbox = Sandbox::new();
    let acme = upper_server(&sandbox, "acme", UPPER_SERVER);
    sandbox.write(
        "client.py",
        "import socket, sys\nwith socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as sock:\n    \
         for line in sys.stdin:\n        line = line.rstrip('\\n')\n        \
         if not line: continue\n        \
         sock.sendall(line.encode())\n        print(sock.recv(1024).decode())\n",
    );
    sandbox.write(
        "other.toml",
        "name = \"other\"\n[client]\ntcp-upper = [\"python3\", \"client.py\", \"{port}\"]\n",
    );
    let both = ["run", "--peer", &acme, "--peer", "other.toml", "--scenario", "tcp-upper"];
    let pairing = ["--pairing", "acme->other", "--cases", "0", "--network", "asis", "--out", "out"];
    let transport = ["--transport", "tcp4"];
    says(&sandbox, &[&both[..], &pairing, &transport].concat(), 0);
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    assert!(
        verdicts.keys().all(|id| id.starts_with("tcp-upper/acme->other/tcp4/")),
        "{verdicts:?}"
    );
    assert!(verdicts.values().any(|verdict| verdict == "pass"), "{verdicts:?}");

    let twice = ["run", "--peer", &acme, "--peer", &acme];
    let (_, stderr) = says(&sandbox, &twice, 2);
    assert!(stderr.contains("two peers are called \"acme\""), "{stderr}");
}

#[test]
fn each_mistake_in_a_manifest_is_shown_in_its_line() {
    for (text, place, what) in [
        ("name = 5\n", "bad.toml:1:8", "expected a string"),
        ("name = \"a\"\n[server\n", "bad.toml:2:8", "unclosed"),
        ("name = \"a\"\nspeed = 1\n", "bad.toml:2:1", "unknown field `speed`"),
        ("name = \"a\"\nwarm = 1\n", "bad.toml:2:8", "expected a boolean"),
        ("[server]\ntcp-upper = [\"sh\", \"{port}\"]\n", "bad.toml:1:1", "missing field `name`"),
        ("name = \"python\"\n", "bad.toml:1:8", "the name \"python\" is taken"),
        ("name = \"a->b\"\n", "bad.toml:1:8", "can't be a name in a pairing"),
        ("name = \"a\"\n", "bad.toml:1:8", "declares nothing"),
        (
            "name = \"a\"\n[server]\ntcp-uper = [\"sh\", \"{port}\"]\n",
            "bad.toml:3:1",
            "did you mean \"tcp-upper\"?",
        ),
        ("name = \"a\"\n[server]\ntcp-upper = []\n", "bad.toml:3:13", "begins with its program"),
        ("name = \"a\"\n[server]\ntcp-upper = \"sh\"\n", "bad.toml:3:13", "a list of strings"),
        (
            "name = \"a\"\n[server]\ntcp-upper = [\"sh\", \"{prot}\", \"{host}\"]\n",
            "bad.toml:3:20",
            "did you mean \"port\"?",
        ),
        ("name = \"a\"\n[server]\ntcp-upper = [\"sh\"]\n", "bad.toml:3:13", "where to listen"),
        ("name = \"a\"\n[client]\ntcp-upper = [\"sh\"]\n", "bad.toml:3:13", "where to connect"),
        (
            "name = \"a\"\n[client]\ntcp-upper = [\"sh\", \"{port}\", \"{path}\"]\n",
            "bad.toml:3:13",
            "one of the two",
        ),
        (
            "name = \"a\"\n[client]\nfile-transfer = [\"sh\", \"{port}\", \"{file}\"]\n",
            "bad.toml:3:34",
            "{file} stands for nothing here",
        ),
        ("name = \"a\"\n[client]\nsocket-api = [\"sh\"]\n", "bad.toml:3:1", "has no client"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("bad.toml", text);
        for command in [&["run", "--peer", "bad.toml"][..], &["check-peer", "bad.toml"]] {
            let (_, stderr) = says(&sandbox, command, 2);
            assert!(stderr.contains(place) && stderr.contains(what), "{text:?}: {stderr}");
        }
    }
    let sandbox = Sandbox::new();
    let (_, stderr) = says(&sandbox, &["run", "--peer", "none.toml"], 2);
    assert!(stderr.contains("cannot read none.toml"), "{stderr}");
    // All of them at once.
    sandbox.write("bad.toml", "name = \"rust\"\n[server]\nx = []\ntcp-upper = []\n");
    let (_, stderr) = says(&sandbox, &["run", "--peer", "bad.toml"], 2);
    assert_eq!(stderr.matches("error: ").count(), 3, "{stderr}");
    let many = "nam = \"x\"\nname = \"a\"\nwarm = 1\njson = \"valu\"\n[server]\n\
                tcp-upper = { command = [\"sh\", \"{prot}\"], redy = \"x\" }\n[clent]\n";
    sandbox.write("bad.toml", many);
    let (_, stderr) = says(&sandbox, &["check-peer", "bad.toml"], 2);
    for says in [
        "bad.toml:1:1",
        "unknown field `nam`",
        "did you mean \"name\"?",
        "bad.toml:3:8",
        "did you mean \"value\"?",
        "did you mean \"ready\"?",
        "did you mean \"client\"?",
    ] {
        assert!(stderr.contains(says), "no {says} in: {stderr}");
    }
    assert_eq!(stderr.matches("error: ").count(), 7, "{stderr}");
}

#[test]
fn check_peer_says_in_words_what_goes_wrong() {
    let sandbox = Sandbox::new();
    let elsewhere =
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\nserver.accept()\n";
    sandbox.write("elsewhere.py", elsewhere);
    sandbox.write(
        "bad.toml",
        r#"name = "bad"
[server]
tcp-upper = ["./not-built", "{port}"]
udp-upper = ["no-such-program", "{port}"]
length-ack = ["sh", "-c", "echo no license >&2; exit 3", "{port}"]
line-upper = ["python3", "elsewhere.py", "{port}"]
file-transfer = ["sh", "-c", "kill -9 $$", "{port}"]
[client]
tcp-upper = ["true", "{port}"]
line-upper = ["sleep", "9{port}"]
"#,
    );
    let (stdout, _) = says(&sandbox, &["check-peer", "bad.toml", "--deadline", "3"], 1);
    for words in [
        "not-built: No such file or directory (os error 2); is it built?",
        "there is no \"no-such-program\" on the PATH",
        "it ended with status 3 before anyone could connect to it",
        "stderr: no license",
        "it never listened at the address it was given; it listens on 127.0.0.1:",
        "it died of signal 9 before anyone could connect to it",
        "it ended with status 0 without connecting to the address it was given",
        "it never connected to the address it was given",
        "7 of 7 roles don't work",
        "--peer ",
    ] {
        assert!(stdout.contains(words), "no {words:?} in {stdout}");
    }
    let (_, stderr) = says(&sandbox, &["run", "--peer", "bad.toml"], 2);
    assert!(stderr.contains("bad.toml: server of ") && stderr.contains("is it built?"), "{stderr}");
}

#[test]
fn a_strangers_failure_says_how_it_is_seen_again() {
    let sandbox = Sandbox::new();
    let lower = UPPER_SERVER.replace(".upper()", ".lower()");
    let manifest = upper_server(&sandbox, "lower", &lower);
    let run = ["run", "--peer", &manifest, "--scenario", "tcp-upper", "--cases", "0"];
    let (stdout, _) =
        says(&sandbox, &[&run[..], &["--network", "asis", "--out", "out"]].concat(), 1);
    assert!(stdout.contains("[TU-2] to-client parts at byte 0"), "{stdout}");
    let line =
        stdout.lines().find_map(|line| line.trim().strip_prefix("replay: framecheck ")).unwrap();
    let words: Vec<&str> = line.split(' ').map(|word| word.trim_matches('\'')).collect();
    let (shown, _) = says(&sandbox, &words, 1);
    assert!(shown.contains("server -> client: they part at byte "), "{shown}");

    let report: Value = report(&sandbox.path().join("out"));
    let peer = report["peers"].as_array().unwrap().last().unwrap();
    assert_eq!(peer["name"], "lower");
    assert!(peer["manifest"].as_str().unwrap().ends_with("/lower.toml"));
}

#[test]
fn check_peer_names_the_literals_that_a_command_takes_none_of() {
    let sandbox = Sandbox::new();
    sandbox.write("fixed.py", FILE_SERVER);
    sandbox.write(
        "fixed.toml",
        "name = \"fixed\"\n[server]\nfile-transfer = \
         [\"python3\", \"fixed.py\", \"{host}\", \"{port}\", \"{file}\", \"{desc}\"]\n",
    );
    let (stdout, _) = says(&sandbox, &["check-peer", "fixed.toml", "--once"], 0);
    let note = "takes no {name}: inputs that need another are not applicable, unless the program uses the \
                file's";
    assert!(stdout.contains(note), "{stdout}");
}

#[test]
fn a_file_server_that_is_told_no_name_announces_the_tutorials_or_its_files() {
    for (server, is_played) in [
        (FILE_SERVER.to_owned(), false),
        (FILE_SERVER.replace("'xyyyhtl.txt'", "os.path.basename(sys.argv[3])"), true),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("file.py", server.replacen("import ", "import os, ", 1));
        sandbox.write(
            "file.toml",
            "name = \"file\"\n[server]\nfile-transfer = \
             [\"python3\", \"file.py\", \"{host}\", \"{port}\", \"{file}\", \"{desc}\"]\n",
        );
        let run = "run --peer file.toml --scenario file-transfer --pairing file->rust --network \
                   asis --transport tcp4 --cases 0 --out out";
        says(&sandbox, &run.split_whitespace().collect::<Vec<_>>(), 0);
        let report: Value = report(&sandbox.path().join("out"));
        let verdict_of = |input: &str| {
            let cases = report["cases"].as_array().unwrap();
            cases.iter().find(|case| case["input"] == input).unwrap()["verdict"].clone()
        };
        assert_eq!(verdict_of("one-byte"), "pass");
        let named = if is_played { "pass" } else { "not-applicable" };
        assert_eq!(verdict_of("name-chinese"), named, "{is_played}");
        assert_eq!(report["counts"]["not-applicable"] == 0, is_played, "{}", report["counts"]);
    }
}

/// Announces the file name of the tutorial's server, for every file.
const FILE_SERVER: &str = r"import json, socket, struct, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
body = open(sys.argv[3], 'rb').read()
while True:
    sock, _ = server.accept()
    dict_ = {'file_name': 'xyyyhtl.txt', 'file_desc': sys.argv[4], 'file_size': len(body)}
    head = json.dumps(dict_).encode()
    try:
        sock.sendall(struct.pack('i', len(head)) + head + body)
    except OSError:
        pass
    sock.close()
";
