//! Programs with the address in their source: `fixed-address`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use framecheck_tests::{DEADLINE, Sandbox, program, repository};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::{case, report, says, verdicts};

/// Upper case for each line. Python without a launcher: `warm` is not in its manifest.
const SERVER: &str = "import socket\n\
    s = socket.create_server(('', 9001))\n\
    while True:\n\
    \x20   sock, _ = s.accept()\n\
    \x20   try:\n\
    \x20       with sock, sock.makefile('rwb', 0) as lines:\n\
    \x20           for line in lines:\n\
    \x20               if line.endswith(b'\\n'): lines.write(line.upper())\n\
    \x20   except OSError: pass\n";
const CLIENT: &str = "import socket, sys\n\
    with socket.create_connection(('localhost', 9001)) as sock, sock.makefile('rwb', 0) as lines:\n\
    \x20   for line in sys.stdin:\n\
    \x20       lines.write(line.encode())\n\
    \x20       answer = lines.readline()\n\
    \x20       if not answer.endswith(b'\\n'): sys.exit('the server is gone')\n\
    \x20       print(sock.getpeername()[:2], answer)\n";
const FILE: &str = "name = \"up\"\n\
    [reference]\n\
    server = [\"python3\", \"server.py\"]\n\
    client = [\"python3\", \"client.py\"]\n\
    fixed-address = \"127.0.0.1:9001\"\n\
    [[input]]\n\
    name = \"two\"\n\
    typed = [\"hello\", \"you\"]\n\
    [frames.line]\n\
    parts = [{ name = \"text\", text-until = \"\\n\" }]\n\
    [streams]\n\
    to-server = [\"line*\"]\n\
    to-client = [\"line*\"]\n\
    [compare]\n\
    stdout = true\n";
const PLAIN: &str = "name = \"plain\"\n\
    fixed-address = \"127.0.0.1:9001\"\n\
    [server]\n\
    up = [\"python3\", \"-u\", \"server.py\"]\n\
    [client]\n\
    up = [\"python3\", \"-u\", \"client.py\"]\n";

/// The reference in Python, and the same programs as a peer that no launcher starts.
fn home() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, text) in
        [("server.py", SERVER), ("client.py", CLIENT), ("up.toml", FILE), ("plain.toml", PLAIN)]
    {
        sandbox.write(name, text);
    }
    sandbox
}

/// The same with one text replaced by another.
fn home_with(changes: &[(&str, &str)]) -> Sandbox {
    let sandbox = home();
    for name in ["server.py", "client.py", "up.toml", "plain.toml"] {
        let text = std::fs::read_to_string(sandbox.path().join(name)).unwrap();
        let changed = changes.iter().fold(text, |text, (old, new)| text.replace(old, new));
        sandbox.write(name, changed);
    }
    sandbox
}

fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// Whether network namespaces can be made here.
pub(in super::super) fn has_namespaces() -> bool {
    let asked = Command::new("unshare").args(["-Urn", "true"]).stderr(Stdio::null()).status();
    let has = asked.is_ok_and(|status| status.success());
    if !has {
        skipped("programs with a fixed address: no network namespaces here");
    }
    has
}

/// The report has every pairing of these peers, and every case passes.
fn all_pass(sandbox: &Sandbox, pairings: &[&str]) {
    let verdicts = verdicts(&report(&sandbox.path().join("out")));
    for pairing in pairings {
        assert!(verdicts.keys().any(|id| id.contains(&format!("/{pairing}/"))), "{pairing}");
    }
    let failed: Vec<_> = verdicts.iter().filter(|(_, verdict)| *verdict != "pass").collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// The example `shout`: a Python reference and ports in C and Perl, unless one can't run here.
fn shout() -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    for entry in std::fs::read_dir(repository().join("examples/shout")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.file_name().is_some_and(|it| it != "port") {
            std::fs::copy(&path, sandbox.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let perl = Command::new("perl").arg("-v").stdout(Stdio::null()).status();
    let make = Command::new("make").args(["--silent", "port"]).current_dir(sandbox.path()).status();
    let is_there = |found: std::io::Result<std::process::ExitStatus>, what: &str| {
        let is_there = found.is_ok_and(|status| status.success());
        if !is_there {
            skipped(&format!("programs with a fixed address in other languages: no {what} here"));
        }
        is_there
    };
    (is_there(perl, "Perl") && is_there(make, "C compiler") && has_namespaces()).then_some(sandbox)
}

const SHOUT: &[&str] = &[
    "run",
    "shout.toml",
    "--peer=port.toml",
    "--peer=second-port.toml",
    "--jobs=8",
    "--cases=1",
    // Enough for nine pairings.
    "--input=lines",
    "--input=line-by-line",
    "--input=generated",
    "--no-shrink",
    "--out",
    "out",
];
const PAIRINGS: &[&str] = &[
    "python->python",
    "python->c",
    "python->perl",
    "c->python",
    "c->c",
    "c->perl",
    "perl->python",
    "perl->c",
    "perl->perl",
];

#[test]
fn programs_in_three_languages_with_one_address_play_each_other_eight_at_once() {
    let Some(sandbox) = shout() else { return };
    says(&sandbox, SHOUT, 0);
    all_pass(&sandbox, PAIRINGS);
}

#[test]
fn an_ordinary_user_plays_them_as_well() {
    let Some(sandbox) = shout() else { return };
    // The user has everything there, and so it runs, or it is skipped.
    let open = |path: &Path| std::fs::set_permissions(path, PermissionsExt::from_mode(0o777));
    open(sandbox.path()).unwrap();
    let framecheck = program("framecheck");
    let as_user = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        command.env("PATH", "/usr/bin:/bin").env("TMPDIR", sandbox.path());
        command.env_remove("FRAMECHECK_REFERENCE").env_remove("FRAMECHECK_PYTHON");
        command.current_dir(sandbox.path());
        command
    };
    let can = |program: &str, argument: &str| {
        let mut asked = as_user();
        asked.args([program, argument]).stdout(Stdio::piped()).stderr(Stdio::piped());
        asked.output().is_ok_and(|output| output.status.success())
    };
    let is_root = rustix::process::getuid().is_root();
    if !is_root || !can(framecheck.to_str().unwrap(), "--version") || !can("python3", "--version") {
        // As an ordinary user, the test above covers this one.
        return skipped(
            "fixed addresses as another user: not root, or no framecheck and Python for it",
        );
    }
    let output = as_user().arg(framecheck).args(SHOUT).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    all_pass(&sandbox, PAIRINGS);
}

#[test]
fn python_needs_no_namespace_and_fresh_interpreters_are_redirected_too() {
    let sandbox = home();
    let (stdout, _) = says(&sandbox, &["check-protocol", "up.toml", "--no-cache"], 0);
    assert!(stdout.contains("usable; next: framecheck run "), "{stdout}");
    for fresh in [&[][..], &["--fresh"]] {
        let mut run = Command::new("unshare");
        run.args([
            "-Ur",
            "sh",
            "-c",
            "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"",
            "sh",
        ]);
        run.arg(program("framecheck"))
            .args(["run", "up.toml", "--jobs", "8", "--out", "out"])
            .args(fresh);
        run.env("PATH", framecheck_tests::search_path()).current_dir(sandbox.path());
        if has_namespaces() {
            let output = run.output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            all_pass(
                &sandbox,
                &["reference->reference", "harness->reference", "reference->harness"],
            );
        }
    }
}

#[test]
fn where_there_are_no_namespaces_the_run_says_what_permits_them() {
    let sandbox = home();
    if !has_namespaces() {
        return;
    }
    let mut run = Command::new("unshare");
    run.args([
        "-Ur",
        "sh",
        "-c",
        "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"",
        "sh",
    ]);
    run.arg(program("framecheck")).args(["run", "up.toml", "--peer", "plain.toml", "--out", "out"]);
    let output =
        run.env("PATH", framecheck_tests::search_path()).current_dir(sandbox.path()).output();
    let output = output.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(
        stderr.contains("user.max_net_namespaces is 0: `sysctl -w user.max_net_namespaces="),
        "{stderr}"
    );
    assert!(stderr.contains("Or let the program take {host} and {port}"), "{stderr}");
}

#[test]
fn a_program_outside_the_launcher_plays_every_part_and_cuts_are_exact() {
    if !has_namespaces() {
        return;
    }
    let sandbox = home();
    let run = ["run", "up.toml", "--peer", "plain.toml", "--jobs", "8", "--out", "out"];
    says(&sandbox, &run, 0);
    let pairings = [
        "plain->reference",
        "reference->plain",
        "plain->plain",
        "harness->plain",
        "plain->harness",
    ];
    all_pass(&sandbox, &pairings);
    let (stdout, _) = says(&sandbox, &["check-peer", "plain.toml", "up.toml"], 0);
    assert!(stdout.contains("all 2 roles work"), "{stdout}");
    let replay = ["replay", "up/plain->plain/tcp4/split@3/two", "up.toml", "--peer", "plain.toml"];
    let (stdout, _) = says(&sandbox, &replay, 0);
    assert!(stdout.contains("verdict: pass"), "{stdout}");
    // A server that takes what one recv returns for a line shows where the network cuts.
    let lines =
        "for line in lines:\n                if line.endswith(b'\\n'): lines.write(line.upper())";
    let parts =
        "while line := sock.recv(99): lines.write(line.upper() if line[-1] == 10 else b'?')";
    let hasty = SERVER.replace(lines, parts);
    assert_ne!(hasty, SERVER);
    sandbox.write("hasty.py", hasty);
    sandbox.write("hasty.toml", PLAIN.replace("plain", "hasty").replace("server.py", "hasty.py"));
    let run = [
        "run",
        "up.toml",
        "--peer",
        "hasty.toml",
        "--network",
        "asis",
        "--network",
        "split-up@*",
        "--out",
        "out",
    ];
    says(&sandbox, &run, 1);
    let report = report(&sandbox.path().join("out"));
    assert_eq!(case(&report, "up/hasty->reference/tcp4/asis/")["verdict"], "pass");
    let cut: Vec<_> = verdicts(&report)
        .into_iter()
        // At byte 6, the network cuts between two lines.
        .filter(|(id, _)| {
            id.starts_with("up/hasty->reference/tcp4/split-up@") && !id.contains("@6/")
        })
        .collect();
    assert!(!cut.is_empty() && cut.iter().all(|(_, verdict)| verdict == "fail"), "{cut:?}");
}

#[test]
fn a_port_that_is_wrong_fails_by_what_it_says_and_the_failure_is_shrunk() {
    if !has_namespaces() {
        return;
    }
    let sandbox = home();
    sandbox.write("wrong.py", SERVER.replace("line.upper()", "line.lower()"));
    sandbox.write("wrong.toml", PLAIN.replace("plain", "wrong").replace("server.py", "wrong.py"));
    let run =
        ["run", "up.toml", "--peer", "wrong.toml", "--pairing", "wrong->reference", "--out", "out"];
    let (stdout, _) = says(&sandbox, &run, 1);
    assert!(stdout.contains("expected \"HELLO\", found \"hello\""), "{stdout}");
    // It listens at another port than the file says.
    sandbox.write("wrong.py", SERVER.replace("9001", "9002"));
    let (stdout, _) = says(&sandbox, &["check-peer", "wrong.toml", "up.toml"], 1);
    assert!(stdout.contains("it listens on 0.0.0.0:9002 instead"), "{stdout}");
}

#[test]
fn addresses_of_every_kind_are_given_to_programs_outside_the_launcher() {
    if !has_namespaces() {
        return;
    }
    let v6 = "[::1]:9001";
    for changes in [
        // IPv6; the protocol's transport follows.
        &[
            ("127.0.0.1:9001", v6),
            ("create_server((''", "create_server(('::1'"),
            ("9001))", "9001), family=10)"),
            ("('localhost', 9001), family=10", "('::1', 9001)"),
        ][..],
        // An address of the local network, and a port for root alone.
        &[("127.0.0.1:9001", "192.0.2.7:80"), ("'localhost'", "'192.0.2.7'"), ("9001", "80")],
    ] {
        let sandbox = home_with(changes);
        let run = [
            "run",
            "up.toml",
            "--peer",
            "plain.toml",
            "--network",
            "asis",
            "--jobs",
            "8",
            "--out",
            "out",
        ];
        says(&sandbox, &run, 0);
        all_pass(&sandbox, &["plain->reference", "reference->plain", "plain->plain"]);
    }
}

#[test]
fn datagram_programs_with_a_fixed_address_play() {
    if !has_namespaces() {
        return;
    }
    let server = "import socketserver\n\
        class Upper(socketserver.BaseRequestHandler):\n\
        \x20   def handle(self): self.request[1].sendto(self.request[0].upper(), self.client_address)\n\
        socketserver.UDPServer(('127.0.0.1', 9001), Upper).serve_forever()\n";
    let client = "import socket, sys\n\
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
        for line in sys.stdin:\n\
        \x20   s.sendto(line.encode(), ('127.0.0.1', 9001))\n\
        \x20   print(*s.recvfrom(999))\n";
    let sandbox = home();
    sandbox.write("server.py", server);
    sandbox.write("client.py", client);
    let file = FILE.replace("[reference]", "transports = [\"udp4\"]\n[reference]");
    sandbox.write("up.toml", &file[..file.find("[frames").unwrap()]);
    says(&sandbox, &["run", "up.toml", "--peer", "plain.toml", "--jobs", "8", "--out", "out"], 0);
    all_pass(
        &sandbox,
        &["reference->reference", "plain->reference", "reference->plain", "plain->plain"],
    );
}

#[test]
fn each_mistake_in_a_fixed_address_is_shown_where_it_stands() {
    let sandbox = home();
    let places = "server = [\"python3\", \"server.py\", \"{port}\"]";
    let file = FILE.replace("server = [\"python3\", \"server.py\"]", places);
    sandbox.write("up.toml", file.replace("127.0.0.1:9001", "localhost:9001"));
    let (_, stderr) = says(&sandbox, &["check-protocol", "up.toml"], 2);
    for told in [
        "{port} and fixed-address: where is this program's address?\n --> up.toml:3:",
        "\"localhost\" is a name, expected an IP address\n --> up.toml:5:17",
        "write 127.0.0.1:9001 or [::1]:9001",
    ] {
        assert!(stderr.contains(told), "{stderr}");
    }
    sandbox.write("up.toml", FILE);
    let own = "{ command = [\"python3\", \"-u\", \"server.py\", \"{host}\"], fixed-address = \"[::1]:0\" }";
    let manifest = PLAIN.replace("[\"python3\", \"-u\", \"server.py\"]", own);
    sandbox.write("plain.toml", manifest.replace("127.0.0.1:9001", "127.0.0.1"));
    let (_, stderr) = says(&sandbox, &["check-peer", "plain.toml", "up.toml"], 2);
    for told in [
        "\"127.0.0.1\" has no port\n --> plain.toml:2:17",
        "{host} and fixed-address: where is this program's address?\n --> plain.toml:4:",
        "port 0 lets the system choose a port\n --> plain.toml:4:",
    ] {
        assert!(stderr.contains(told), "{stderr}");
    }
    sandbox.write("plain.toml", PLAIN.replace("fixed-address = \"127.0.0.1:9001\"\n", ""));
    let (_, stderr) = says(&sandbox, &["check-peer", "plain.toml", "up.toml"], 2);
    assert!(stderr.contains("or say which fixed-address its source has"), "{stderr}");
}

/// `attach`, and its output until it waits for the program of this role.
fn attached(sandbox: &Sandbox, role: &str) -> (Child, BufReader<ChildStdout>, String) {
    let mut child = Command::new(program("framecheck"))
        .args(["attach", "up/reference->reference/tcp4/asis/two", "up.toml", "--role", role])
        .env("PATH", framecheck_tests::search_path())
        .current_dir(sandbox.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut told = String::new();
    while !told.contains("press Enter") && stdout.read_line(&mut told).unwrap() > 0 {}
    (child, stdout, told)
}

/// Its output when the program has ended.
fn verdict(mut attached: (Child, BufReader<ChildStdout>, String)) -> String {
    attached.1.read_to_string(&mut attached.2).unwrap();
    assert!(attached.0.wait().unwrap().success(), "{}", attached.2);
    attached.2
}

#[test]
fn a_program_by_hand_is_at_the_address_in_its_source() {
    // Free, and reserved while this is held.
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = held.local_addr().unwrap();
    // The output of a program started by hand is not recorded.
    let printed = ("stdout = true", "stdout = false");
    let sandbox = home_with(&[("9001", &at.port().to_string()), printed]);
    let waiting = attached(&sandbox, "server");
    let address = format!("listen on 127.0.0.1, port {}", at.port());
    assert!(waiting.2.contains(&address), "{}", waiting.2);
    let mut lines = BufReader::new(held.accept().unwrap().0);
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        lines.get_mut().write_all(line.to_uppercase().as_bytes()).unwrap();
        line.clear();
    }
    drop(lines);
    assert!(verdict(waiting).contains("verdict: pass"));
    // The recorder needs the port that is held here.
    let refused = attached(&sandbox, "client").0.wait_with_output().unwrap();
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("cannot bind the recorder: Address already in use"), "{stderr}");
    drop(held);
    let waiting = attached(&sandbox, "client");
    let mut lines = BufReader::new(TcpStream::connect(at).unwrap());
    for typed in ["hello\n", "you\n"] {
        lines.get_mut().write_all(typed.as_bytes()).unwrap();
        lines.read_line(&mut String::new()).unwrap();
    }
    drop(lines);
    assert!(verdict(waiting).contains("verdict: pass"));
}

#[test]
fn the_helper_ends_with_a_framecheck_that_is_killed() {
    if !has_namespaces() {
        return;
    }
    let sandbox = home();
    let mut child = Command::new(program("framecheck"))
        .args(["run", "up.toml", "--peer", "plain.toml", "--out", "out"])
        .env("PATH", framecheck_tests::search_path())
        .current_dir(sandbox.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let began = std::time::Instant::now();
    let helper = loop {
        assert!(began.elapsed() < DEADLINE, "no helper");
        let children = std::fs::read_to_string(&children).unwrap();
        let is_helper = |pid: &&str| {
            let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains("network-namespace\0keep")
        };
        match children.split_whitespace().find(is_helper) {
            Some(pid) => break pid.parse().unwrap(),
            None => std::thread::yield_now(),
        }
    };
    let helper = pidfd_open(Pid::from_raw(helper).unwrap(), PidfdFlags::empty()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let deadline = Timespec { tv_sec: DEADLINE.as_secs().try_into().unwrap(), tv_nsec: 0 };
    let mut ended = [PollFd::new(&helper, PollFlags::IN)];
    assert_eq!(poll(&mut ended, Some(&deadline)).unwrap(), 1, "the helper lives on");
}
