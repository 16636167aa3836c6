//! The reference programs and the launcher that forks them.

use std::process::Command;

use framecheck_tests::{Sandbox, python, repository};

#[test]
fn every_reference_program_explains_itself() {
    let mut programs = 0;
    for scenario in [
        "file-transfer",
        "remote-command",
        "tcp-upper",
        "udp-upper",
        "chat",
        "chat-guarded",
        "chat-relisten",
    ] {
        for role in ["server.py", "client.py"] {
            let program = repository().join("python-ref").join(scenario).join(role);
            let output = Command::new(python()).arg(&program).arg("--help").output().unwrap();
            let help = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success() && help.contains("--port"), "{program:?}: {help}");
            programs += 1;
        }
    }
    assert_eq!(programs, 14);
}

#[test]
fn without_arguments_the_client_asks_at_the_tutorials_address() {
    // No program listens there, or another one does. Either way, the address is in the
    // traceback's source line, or the connection succeeded. This checks only the defaults.
    for (program, address) in [
        ("file-transfer/server.py", "8080"),
        ("remote-command/server.py", "8080"),
        ("tcp-upper/server.py", "8000"),
        ("udp-upper/server.py", "8080"),
        ("chat/server.py", "8080"),
        ("chat-guarded/server.py", "8080"),
        ("chat-relisten/server.py", "8080"),
    ] {
        let path = repository().join("python-ref").join(program);
        let probe = "import runpy, socket, sys\n\
                     class Stop(Exception): pass\n\
                     def bind(self, address): raise Stop(address)\n\
                     socket.socket = type('socket', (socket.socket,), {'bind': bind})\n\
                     program, sys.argv = sys.argv[1], sys.argv[1:]\n\
                     try: runpy.run_path(program, run_name='__main__')\n\
                     except Stop as stop: print(stop.args[0])";
        let output = Command::new(python()).args(["-c", probe]).arg(&path).output().unwrap();
        let bound = String::from_utf8(output.stdout).unwrap();
        assert_eq!(bound.trim(), format!("('127.0.0.1', {address})"), "{program}");
    }
}

#[test]
fn fresh_mode_replaces_itself_by_the_program() {
    let sandbox = Sandbox::new();
    let program = sandbox.write("probe.py", "import sys\nprint(sys.argv[1:])\nsys.exit('bye')\n");
    let output = Command::new(python())
        .arg(repository().join("python-ref/launch.py"))
        .args(["--fresh".as_ref(), program.as_os_str()])
        .args(["-x", "--serve", "y z"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "['-x', '--serve', 'y z']\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "bye\n");
    assert_eq!(output.status.code(), Some(1));
}
