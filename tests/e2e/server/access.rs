//! Who can connect to `frame-server`, and which commands it runs.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

use framecheck_tests::{Sandbox, python_on_path};
use rustix::process::Signal;

use crate::peers::{Process, Run, connect, read_exactly};

const SCENARIOS: [&str; 16] = [
    "file-transfer",
    "remote-command",
    "tcp-upper",
    "udp-upper",
    "tcp-connect",
    "tcp-hello",
    "udp-hello",
    "line-upper",
    "line-upper-udp",
    "greeting",
    "chat",
    "chat-relisten",
    "length-ack",
    "length-prefix",
    "buffers",
    "sticky-sizes",
];

/// The body of an answer.
#[track_caller]
fn ask(stream: &mut TcpStream, command: &str) -> String {
    stream.write_all(command.as_bytes()).unwrap();
    let header = read_exactly(stream, 4).try_into().unwrap();
    let dict = read_exactly(stream, i32::from_ne_bytes(header).try_into().unwrap());
    let dict: serde_json::Value = serde_json::from_slice(&dict).unwrap();
    let size = dict["data_size"].as_u64().unwrap();
    String::from_utf8(read_exactly(stream, size.try_into().unwrap())).unwrap()
}

#[test]
fn an_address_that_other_machines_reach_has_to_be_asked_for_by_name() {
    let sandbox = Sandbox::new();
    sandbox.write("04 struct模块.py", "");
    for scenario in SCENARIOS {
        for address in ["0.0.0.0:0", "[::]:0"] {
            let mut command = sandbox.command("frame-server");
            let output = command.args([scenario, "--listen", address]).output().unwrap();
            let run = Run::new(output, format!("{scenario} on {address}"));
            run.failed_saying(&format!("cannot listen on {address}: "));
            run.failed_saying(
                "can be reached from other machines; that takes --allow-non-loopback",
            );
        }
    }
    let mut command = sandbox.command("frame-server");
    command.args(["tcp-upper", "--listen", "127.0.0.1:0", "--metrics", "0.0.0.0:0"]);
    let output = command.output().unwrap();
    Run::new(output, "metrics").failed_saying("cannot listen on 0.0.0.0:0 for metrics: ");
}

#[test]
fn once_asked_for_it_is_listened_on() {
    let sandbox = Sandbox::new();
    let arguments = ["tcp-upper", "--listen", "0.0.0.0:0", "--allow-non-loopback"];
    let (server, address) = Process::server(&sandbox, &arguments, None);
    let port = address.strip_prefix("0.0.0.0:").unwrap();
    let mut stream = connect(format!("127.0.0.1:{port}"));
    stream.write_all(b"hi").unwrap();
    assert_eq!(read_exactly(&mut stream, 2), b"HI");
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
}

#[test]
fn no_command_is_run_unless_it_is_allowed_and_the_answer_says_so() {
    let sandbox = Sandbox::new();
    let mut command = Command::new(framecheck_tests::program("frame-server"));
    command.args(["remote-command", "--listen=127.0.0.1:0"]).current_dir(sandbox.path());
    let (mut server, address) = Process::listening(&mut command, None);
    server.wait_for("no command will be run: see --allow and --allow-anything");
    let mut stream = connect(&address);
    for command in ["touch made", "echo hi", "/bin/true"] {
        let program = command.split(' ').next().unwrap();
        let said =
            format!("frame-server: {program}: not among the programs that this server may run\n");
        assert_eq!(ask(&mut stream, command), said);
    }
    assert_eq!(sandbox.names(), Vec::<String>::new());
}

#[test]
fn an_allowed_program_is_run_without_a_shell() {
    let sandbox = Sandbox::new();
    let arguments = ["remote-command", "--allow=echo", "--allow=ls", "--allow=gone"];
    let (server, address) = Process::server(&sandbox, &arguments, None);
    let mut stream = connect(&address);
    assert_eq!(ask(&mut stream, "echo 'a;  b' \"c\" d\\ e"), "a;  b c d e\n");
    let said = "frame-server: ';' needs a shell, and this server starts programs without one\n";
    assert_eq!(ask(&mut stream, "echo hi; touch made"), said);
    assert_eq!(ask(&mut stream, "ls"), "");
    let said = ask(&mut stream, "gone");
    assert!(said.starts_with("frame-server: cannot run the program: No such file"), "{said}");
    let (_, screen) = server.stop(Signal::TERM);
    assert!(screen.contains("cmd: b'echo hi; touch made'\n"), "{screen}");
}

#[test]
fn with_leave_for_anything_that_is_said_on_the_log() {
    let sandbox = Sandbox::new();
    let arguments = ["remote-command", "--allow-anything"];
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    server.wait_for("--allow-anything: every client can do everything that this user can");
    assert_eq!(ask(&mut connect(&address), "echo a; echo b"), "a\nb\n");
}

#[test]
fn a_unix_socket_for_commands_is_this_users_alone() {
    let sandbox = Sandbox::new();
    let arguments = ["remote-command", "--listen=unix:socket"];
    let (mut server, _) = Process::server(&sandbox, &arguments, None);
    let path = sandbox.path().join("socket");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut own = UnixStream::connect(&path).unwrap();
    own.write_all(b"echo hi").unwrap();
    assert!(read_exactly(&mut own, 4 + 16 + 3).ends_with(b"hi\n"));
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: to be another user takes root");
        return;
    }
    // Another user, who may reach the socket itself.
    for path in [sandbox.path(), &path] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o777)).unwrap();
    }
    let code = "import socket, sys\n\
                s = socket.socket(socket.AF_UNIX)\n\
                s.connect(sys.argv[1])\n\
                try: s.sendall(b'touch made'); print(s.recv(1))\n\
                except ConnectionError: print(b'')\n";
    let mut command = Command::new(python_on_path());
    command.uid(65534).gid(65534).current_dir("/").args(["-c", code]).arg(&path);
    let output = command.output().unwrap();
    let about = format!("{output:?}");
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"b''\n"[..]), "{about}");
    server.wait_for("[RC-11] refused: other-user (client unix:(unnamed))");
    assert_eq!(sandbox.names(), ["socket"]);
}

/// The same rule as for the other: a user who may not send commands also can't read who does.
#[test]
fn a_unix_socket_for_the_numbers_of_commands_is_this_users_alone_too() {
    let sandbox = Sandbox::new();
    let arguments = ["remote-command", "--listen=unix:socket", "--metrics=unix:metrics"];
    let (server, _) = Process::server(&sandbox, &arguments, None);
    let path = sandbox.path().join("metrics");
    for path in [&path, &sandbox.path().join("socket")] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let code = "import socket, sys\n\
                s = socket.socket(socket.AF_UNIX)\n\
                s.connect(sys.argv[1])\n\
                try: s.sendall(b'GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(12))\n\
                except ConnectionError: print(b'')\n";
    let mut command = Command::new(python_on_path());
    command.current_dir("/").args(["-c", code]).arg(&path);
    let output = command.output().unwrap();
    assert_eq!(output.stdout, b"b'HTTP/1.1 200'\n", "{output:?}");
    if rustix::process::geteuid().is_root() {
        for path in [sandbox.path(), &path] {
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o777)).unwrap();
        }
        let output = command.uid(65534).gid(65534).output().unwrap();
        assert_eq!(output.stdout, b"b''\n", "{output:?}");
    }
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
    assert_eq!(sandbox.names(), Vec::<String>::new());
}

#[test]
fn a_unix_socket_for_anything_else_is_as_open_as_the_umask_leaves_it() {
    let sandbox = Sandbox::new();
    let arguments = ["tcp-upper", "--listen=unix:socket"];
    let (_server, _) = Process::server(&sandbox, &arguments, None);
    let twin = std::os::unix::net::UnixListener::bind(sandbox.path().join("twin")).unwrap();
    let mode = |name| sandbox.path().join(name).metadata().unwrap().permissions().mode();
    assert_eq!(mode("socket"), mode("twin"));
    drop(twin);
    let mut stream = UnixStream::connect(sandbox.path().join("socket")).unwrap();
    stream.write_all(b"hi").unwrap();
    stream.read_exact(&mut [0; 2]).unwrap();
}
