//! Programs with more set-up: a command before each case, an environment, a sign of readiness.

use framecheck_tests::Sandbox;
use serde_json::Value;

use super::fixed_address::has_namespaces;
use super::{report, says, verdicts};

/// Greets each client with the content of a file and of its environment. Until it says that it is ready, it
/// drops new connections.
const SERVER: &str = r"import os, socket, sys, time
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
if os.environ.get('WARM_UP'):
    server.settimeout(float(os.environ['WARM_UP']))
    try:
        server.accept()[0].close()
    except OSError:
        pass
    server.settimeout(None)
    print('warmed up: 1 server', file=sys.stderr, flush=True)
greeting = os.environ['GREETING'] + open('seed').read()
while True:
    sock, _ = server.accept()
    with sock:
        try:
            sock.sendall(greeting.encode() + b'\n')
        except OSError:
            pass
";

const CLIENT: &str = r"import os, socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
    got = b''
    while not got.endswith(b'\n'):
        part = sock.recv(100)
        if not part:
            sys.exit('the server is gone')
        got += part
print(got.decode(), os.environ.get('GREETING'), os.path.exists('seed'))
";

/// Writes what it receives to a file in its own directory, once.
const SEED: &str = "#!/bin/sh\ntest ! -e seed || exit 9\necho \"seeding $GREETING\" >&2\n\
                    test -z \"$2\" || exit $2\nprintf '%s' \"$1\" >seed\n";

/// A protocol of greetings. `server` goes into `[reference.server]`, after the command.
fn greetings(sandbox: &Sandbox, server: &str) {
    sandbox.write("server.py", SERVER);
    sandbox.write("client.py", CLIENT);
    script(sandbox, "seed.sh", SEED);
    sandbox.write(
        "greet.toml",
        format!(
            "name = \"greet\"\n[reference]\nname = \"ours\"\n\
             client = [\"python3\", \"client.py\", \"{{host}}\", \"{{port}}\"]\n\
             [reference.server]\ncommand = [\"python3\", \"server.py\", \"{{host}}\", \"{{port}}\"]\n\
             {server}\n[[input]]\nname = \"one\"\n[[input]]\nname = \"two\"\ntyped = [\"x\"]\n"
        ),
    );
}

fn script(sandbox: &Sandbox, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = sandbox.write(name, text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

const NEEDS: &str =
    "setup = [\"./seed.sh\", \"of port {port}\"]\nenv = { GREETING = \"hello {host} \" }";

fn run(sandbox: &Sandbox, options: &[&str], status: i32) -> (String, Value) {
    let usual = ["run", "greet.toml", "--cases", "0", "--no-shrink", "--no-cache", "--out", "out"];
    let (stdout, stderr) = says(sandbox, &[&usual[..], options].concat(), status);
    (stdout + &stderr, report(&sandbox.path().join("out")))
}

/// A peer with the reference's programs and these lines in its manifest.
fn peer(sandbox: &Sandbox, top: &str, server: &str) {
    sandbox.write(
        "acme.toml",
        format!(
            "name = \"acme\"\nwarm = true\n{top}\n\
             [client]\ngreet = [\"python3\", \"client.py\", \"{{host}}\", \"{{port}}\"]\n\
             [server.greet]\ncommand = [\"python3\", \"server.py\", \"{{host}}\", \"{{port}}\"]\n{server}\n"
        ),
    );
}

#[test]
fn setup_and_environment_are_had_before_each_case_and_in_each_ones_own_directory() {
    let sandbox = Sandbox::new();
    // The port differs in each case, so the greeting would differ too.
    greetings(&sandbox, &NEEDS.replace("port {port}", "{host}"));
    peer(&sandbox, "", &NEEDS.replace("port {port}", "{host}"));
    // Every file that the set-up leaves is compared like any other.
    let (stdout, report) = run(&sandbox, &["--peer", "acme.toml", "--network", "*"], 0);
    let cases = report["cases"].as_array().unwrap();
    assert!(cases.len() > 30 && cases.iter().all(|case| case["verdict"] == "pass"), "{stdout}");
    let case = "greet/acme->acme/tcp4/asis/one";
    let replay = ["replay", case, "greet.toml", "--peer", "acme.toml"];
    let (shown, _) = says(&sandbox, &replay, 0);
    assert!(shown.contains("hello 127.0.0.1 of 127.0.0.1"), "{shown}");
    assert!(shown.contains("file: \"seed\", 12 bytes"), "{shown}");
    // The client has nothing that the server needs.
    assert!(shown.contains("None False"), "{shown}");
}

#[test]
fn what_the_reference_did_with_another_setup_is_forgotten() {
    let sandbox = Sandbox::new();
    greetings(&sandbox, &NEEDS.replace("port {port}", "{host}"));
    let usual = ["run", "greet.toml", "--cases", "0", "--network", "asis", "--out", "out"];
    says(&sandbox, &usual, 0);
    script(&sandbox, "seed.sh", &SEED.replace("\"$1\"", "\"new: $1\""));
    says(&sandbox, &usual, 0);
    let (shown, _) = says(&sandbox, &["show", "greet/one", "greet.toml"], 0);
    // Five bytes more than before.
    assert!(shown.contains("leaves \"seed\", 17 bytes"), "{shown}");
}

#[test]
fn what_a_manifest_says_at_the_top_holds_for_both_roles() {
    let sandbox = Sandbox::new();
    greetings(&sandbox, "env = { GREETING = \"a\" }\nsetup = [\"./seed.sh\", \"b\"]");
    peer(
        &sandbox,
        "env = { GREETING = \"x\" }\nsetup = [\"./seed.sh\", \"b\"]",
        "env = { GREETING = \"a\" }",
    );
    let case = "greet/acme->acme/tcp4/asis/one";
    let replay = ["replay", case, "greet.toml", "--peer", "acme.toml"];
    let (shown, _) = says(&sandbox, &replay, 1);
    assert!(shown.contains("stdout: ab") && shown.contains("stdout:  x True"), "{shown}");
    // The reference's client leaves no such file.
    assert!(shown.contains("[client-files] client-files: unexpected file \"seed\""), "{shown}");
}

#[test]
fn a_setup_that_fails_or_hangs_is_a_harness_error_with_its_words() {
    let sandbox = Sandbox::new();
    greetings(&sandbox, "env = { GREETING = \"a\" }\nsetup = [\"./seed.sh\", \"b\", \"7\"]");
    let (shown, report) = run(&sandbox, &[], 3);
    let told = "setup of the server: ";
    assert!(shown.contains(told) && shown.contains("seed.sh ended with status 7"), "{shown}");
    assert!(shown.contains("seeding a"), "{shown}");
    assert!(report["counts"]["harness-error"].as_u64().unwrap() >= 2, "{shown}");

    script(&sandbox, "seed.sh", "#!/bin/sh\necho waiting for the database >&2\nexec sleep 1000\n");
    let (shown, _) = run(&sandbox, &["--deadline", "1"], 3);
    assert!(shown.contains("seed.sh has not ended after 1 seconds: waiting for the da"), "{shown}");

    // A failing set-up of a port is not its program's fault.
    greetings(&sandbox, "env = { GREETING = \"a\" }\nsetup = [\"touch\", \"seed\"]");
    peer(&sandbox, "", "env = { GREETING = \"a\" }\nsetup = [\"false\"]");
    let (shown, report) = run(&sandbox, &["--peer", "acme.toml", "--network", "asis"], 3);
    assert!(shown.contains("false ended with status 1"), "{shown}");
    assert_eq!(report["counts"]["fail"], 0, "{shown}");
}

#[test]
fn nothing_connects_before_a_server_says_that_it_is_ready() {
    let sandbox = Sandbox::new();
    let needs = "setup = [\"touch\", \"seed\"]\nenv = { GREETING = \"a\", WARM_UP = \"0.4\" }\n";
    greetings(&sandbox, &format!("{needs}ready = 'warmed up: \\d+ server'"));
    peer(&sandbox, "", &format!("{needs}ready = 'warmed up'"));
    let options = ["--peer", "acme.toml", "--network", "asis", "--network", "random"];
    run(&sandbox, &options, 0);
    // It listens before it is ready: without the sign, the harness connects too early.
    peer(&sandbox, "", needs);
    let (_, report) = run(&sandbox, &options, 1);
    let cases = report["cases"].as_array().unwrap();
    let wrong = cases.iter().filter(|case| case["verdict"] == "fail");
    assert!(wrong.count() > 0);
}

#[test]
fn a_server_that_is_never_ready_is_told_by_the_sign() {
    let sandbox = Sandbox::new();
    let needs = "setup = [\"touch\", \"seed\"]\nenv = { GREETING = \"a\" }\n";
    greetings(&sandbox, needs);
    peer(&sandbox, "ready = 'listening on \\d+'", needs);
    let options = ["--peer", "acme.toml", "--network", "asis", "--input", "one", "--deadline", "2"];
    let (shown, report) = run(&sandbox, &options, 1);
    let awaited = "waiting for the server to be ready, by a line that matches \"listening on";
    assert!(shown.contains(awaited), "{shown}");
    assert_eq!(report["counts"]["timeout"], 2, "{shown}");
    assert!(!shown.contains("did not connect"), "{shown}");
    greetings(&sandbox, &format!("{needs}ready = \"never\""));
    let (shown, _) = run(&sandbox, &["--deadline", "2"], 3);
    assert!(shown.contains("by a line that matches \"never\""), "{shown}");
}

/// A role's table with everything that it may contain. `-B` keeps its program from the launcher.
fn whole_table(role: &str, option: &str, needs: &str) -> String {
    format!(
        "command = [\"python3\", {option}\"{role}.py\"]\nfixed-address = \"127.0.0.1:9001\"\n{needs}\n"
    )
}

#[test]
fn a_program_with_a_fixed_address_has_its_needs_too() {
    let sandbox = Sandbox::new();
    for (name, text) in [("server.py", SERVER), ("client.py", CLIENT)] {
        let own = text.replace("(sys.argv[1], int(sys.argv[2]))", "('127.0.0.1', 9001)");
        sandbox.write(name, own);
    }
    script(&sandbox, "seed.sh", SEED);
    let needs = "setup = [\"./seed.sh\", \"seed\"]\nenv = { GREETING = \"a\", WARM_UP = \"0.4\" }\n\
                 ready = 'warmed up: \\d+ server'";
    let both = |server: &str, client: &str, option: &str| {
        let table = |role, needs| whole_table(role, option, needs);
        let (server_needs, client_needs) = (table("server", needs), table("client", ""));
        format!("[{server}]\n{server_needs}[{client}]\n{client_needs}")
    };
    let reference = both("reference.server", "reference.client", "");
    sandbox.write(
        "greet.toml",
        format!(
            "name = \"greet\"\n[reference]\nname = \"ours\"\n{reference}[[input]]\nname = \"one\"\n\
             [[input]]\nname = \"two\"\ntyped = [\"x\"]\n[compare]\nstdout = true\n"
        ),
    );
    let mut options = vec!["--network", "asis", "--jobs", "4"];
    let mut names = vec!["ours"];
    for (name, manifest, warm, option, is_possible) in [
        ("redirected", "redirected.toml", true, "", true),
        ("apart", "apart.toml", false, "\"-B\", ", has_namespaces()),
    ] {
        let roles = both("server.greet", "client.greet", option);
        sandbox
            .write(manifest, format!("name = \"{name}\"\nwarm = {warm}\nstdout = true\n{roles}"));
        if is_possible {
            options.extend(["--peer", manifest]);
            names.push(name);
        }
    }
    let (shown, report) = run(&sandbox, &options, 0);
    let verdicts = verdicts(&report);
    for name in names {
        for pairing in [format!("/{name}->ours/"), format!("/ours->{name}/")] {
            let played = verdicts.iter().filter(|(id, _)| id.contains(&pairing));
            assert_eq!(played.filter(|(_, verdict)| *verdict == "pass").count(), 2, "{shown}");
        }
    }
    // Without the sign, the harness connects to the server too early; that is waited for there, too.
    let roles = both("server.greet", "client.greet", "").replace("ready", "# ready");
    sandbox.write("redirected.toml", format!("name = \"redirected\"\nwarm = true\n{roles}"));
    let early = ["--network", "asis", "--peer", "redirected.toml"];
    run(&sandbox, &early, 1);
}

#[test]
fn each_mistake_in_what_programs_need_is_shown_in_its_line() {
    for (needs, place, what) in [
        ("ready = \"(up\"", 7, "this is no regular expression: unclosed group, at its character 1"),
        ("ready = \"up{2\"", 7, "at its character "),
        ("setup = []", 7, "a command begins with its program"),
        ("setup = \"./seed.sh\"", 7, "expected a list of strings"),
        ("setup = [\"./seed.sh\", \"{prot}\"]", 7, "{prot} stands for nothing here"),
        ("setup = [\"python3\", \"none.py\"]", 7, "there is no \"none.py\" beside this file"),
        ("env = { PYTHONPATH = \"x\" }", 7, "framecheck sets or removes PYTHONPATH itself"),
        ("env = { \"A=B\" = \"x\" }", 7, "can't be the name of a variable"),
        ("env = { A = 1 }", 7, "expected a string, found a whole number"),
        ("env = { A = \"{dirr}\" }", 7, "did you mean \"dir\"?"),
        ("redy = \"up\"", 7, "did you mean \"ready\"?"),
    ] {
        let sandbox = Sandbox::new();
        greetings(&sandbox, needs);
        let (_, stderr) = says(&sandbox, &["check-protocol", "greet.toml"], 2);
        let place = format!("greet.toml:{place}:");
        assert!(stderr.contains(&place) && stderr.contains(what), "{needs}: {stderr}");
    }
    let sandbox = Sandbox::new();
    greetings(&sandbox, NEEDS);
    for (top, server, place, what) in [
        ("ready = '('", "", "3:9", "no regular expression: unclosed group"),
        ("env = { LC_ALL = \"C\" }", "", "3:9", "framecheck sets or removes LC_ALL itself"),
        ("setup = [\"\"]", "", "3:9", "a command begins with its program"),
        ("env = { A = \"{prt}\" }", "", "3:13", "did you mean \"port\"?"),
        ("", "setup = [\"true\", \"{prt}\"]", "8:18", "did you mean \"port\"?"),
        ("", "ready = \"*\"", "8:9", "no regular expression"),
        ("", "[client.greet]\nready = \"x\"", "4:1", "duplicate key"),
    ] {
        peer(&sandbox, top, server);
        let (_, stderr) =
            says(&sandbox, &["run", "greet.toml", "--peer", "acme.toml", "--no-cache"], 2);
        let is_placed = place == "4:1" || stderr.contains(&format!("acme.toml:{place}"));
        assert!(is_placed && stderr.contains(what), "{top}{server}: {stderr}");
    }
    peer(&sandbox, "setup = [\"./not-there.sh\"]", "");
    let (_, stderr) = says(&sandbox, &["run", "greet.toml", "--peer", "acme.toml"], 2);
    assert!(
        stderr.contains("acme.toml: setup of the ") && stderr.contains("not-there.sh"),
        "{stderr}"
    );
}
