//! `frame-client file-transfer`: what it writes, and where it never writes.

#![cfg(test)]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use framecheck_tests::{DEADLINE, Sandbox, program, python};
use rustix::process::Signal;

use crate::peers::{
    FakeServer, Process, Run, ask_python, client, file_frame, finish, framed, gone, output_of,
    read_exactly,
};
use crate::proc::wait_until_read;

/// Fetches from a server that sends this. The client's directory is inside the sandbox, so a
/// name that leads out of it hits only the sandbox.
fn fetch_into(sandbox: &Sandbox, directory: &str, wire: Vec<u8>) -> Run {
    let server = FakeServer::sending(wire);
    let mut command = sandbox.command("frame-client");
    command.current_dir(sandbox.path().join(directory));
    let output = command.args(["file-transfer", "--connect", &server.address]).output().unwrap();
    server.join();
    Run::new(output, format!("in {}", sandbox.path().display()))
}

pub(super) fn fetch(sandbox: &Sandbox, wire: Vec<u8>) -> Run {
    fetch_into(sandbox, ".", wire)
}

#[test]
fn a_name_that_leaves_the_directory_is_refused_and_nothing_is_written() {
    for (name, why) in [
        ("../x", "the name has a directory in it"),
        ("a/b", "the name has a directory in it"),
        ("inner/x", "the name has a directory in it"),
        ("./x", "the name has a directory in it"),
        ("x/", "the name has a directory in it"),
        ("/", "the name has a directory in it"),
        ("", "the name is empty"),
        (".", "that is a directory"),
        ("..", "that is a directory"),
        ("x\\u0000", "the name has a NUL in it"),
        ("\\u0000", "the name has a NUL in it"),
        ("\\ud800", "\"file_name\" is no file name"),
    ] {
        let sandbox = Sandbox::new();
        fs::create_dir_all(sandbox.path().join("outer/inner")).unwrap();
        let run = fetch_into(&sandbox, "outer", file_frame(name, "body"));
        run.failed_by("FR-7", why);
        assert_eq!(sandbox.names(), ["outer"], "{name}");
        let written: Vec<_> = fs::read_dir(sandbox.path().join("outer")).unwrap().collect();
        assert_eq!(written.len(), 1, "{name}: {written:?}");
        assert_eq!(fs::read_dir(sandbox.path().join("outer/inner")).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn an_absolute_name_is_refused_and_nothing_is_written() {
    let (sandbox, elsewhere) = (Sandbox::new(), Sandbox::new());
    let name = elsewhere.path().join("x").display().to_string();
    fetch(&sandbox, file_frame(&name, "body")).failed_by("FR-7", "the name has a directory in it");
    assert_eq!((sandbox.names(), elsewhere.names()), (vec![], vec![]));
}

#[test]
fn a_name_that_is_no_string_is_refused_and_nothing_is_written() {
    for (dict, why) in [
        (r#"{"file_size": 0}"#, "the dict has no key \"file_name\""),
        (r#"{"file_name": null, "file_size": 0}"#, "found NoneType"),
        (r#"{"file_name": 5, "file_size": 0}"#, "found int"),
        (r#"{"file_name": true, "file_size": 0}"#, "found bool"),
        (r#"{"file_name": 1.5, "file_size": 0}"#, "found float"),
        (r#"{"file_name": ["x"], "file_size": 0}"#, "found list"),
        (r#"{"file_name": {"x": 1}, "file_size": 0}"#, "found dict"),
    ] {
        let sandbox = Sandbox::new();
        fetch(&sandbox, framed(dict)).failed_by("FR-7", why);
        assert_eq!(sandbox.names(), Vec::<String>::new(), "{dict}");
    }
}

#[test]
fn the_last_of_two_names_is_the_one_that_counts_as_in_cpython() {
    let sandbox = Sandbox::new();
    let dict = r#"{"file_name": "first", "file_size": 9, "file_name": "last", "file_size": 0}"#;
    let run = fetch(&sandbox, framed(dict));
    let code = "import json, sys; print(json.loads(sys.stdin.read()))";
    run.completed_with(std::str::from_utf8(&ask_python(code, &[], dict)).unwrap());
    assert_eq!(sandbox.names(), ["last"]);
}

#[test]
fn an_escaped_byte_in_a_name_is_that_byte_as_for_cpython() {
    let sandbox = Sandbox::new();
    let run = fetch(&sandbox, file_frame("\\udcff.txt", "body"));
    run.completed_with("{'file_name': '\\udcff.txt', 'file_size': 4}\n");
    let encoded = ask_python("import os; print(os.fsencode('\\udcff.txt'))", &[], "");
    assert_eq!(encoded, b"b'\\xff.txt'\n");
    let name = std::ffi::OsString::from_vec(b"\xff.txt".to_vec());
    assert_eq!(fs::read(sandbox.path().join(name)).unwrap(), b"body");
}

#[test]
fn an_existing_file_is_replaced_whole() {
    let sandbox = Sandbox::new();
    sandbox.write("x", "a longer text that was here before");
    assert_eq!(fetch(&sandbox, file_frame("x", "new")).status(), Some(0));
    assert_eq!(fs::read(sandbox.path().join("x")).unwrap(), b"new");
    assert_eq!(sandbox.names(), ["x"]);
}

#[test]
fn the_mode_of_a_new_file_follows_the_umask_as_pythons_open_does() {
    let sandbox = Sandbox::new();
    let mode =
        |name: &str| fs::metadata(sandbox.path().join(name)).unwrap().permissions().mode() & 0o7777;
    for umask in ["000", "022", "027", "077"] {
        let server = FakeServer::sending(file_frame("ours", "body"));
        let script = format!(
            "umask {umask}; python=$1; shift; \"$python\" -c \"open('theirs', 'wb')\"; exec \"$@\""
        );
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script, "sh"]).arg(python()).arg(program("frame-client"));
        command.args(["file-transfer", "--connect", &server.address]);
        command.current_dir(sandbox.path()).stdin(Stdio::null());
        assert_eq!(output_of(command).status.code(), Some(0));
        server.join();
        assert_eq!(mode("ours"), mode("theirs"), "umask {umask}");
        for name in ["ours", "theirs"] {
            fs::remove_file(sandbox.path().join(name)).unwrap();
        }
    }
}

#[test]
fn a_file_beyond_the_limit_of_a_files_length_is_an_error_and_nothing_is_left() {
    let sandbox = Sandbox::new();
    let server = FakeServer::sending(file_frame("long", "x".repeat(40_000)));
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "ulimit -f 10; exec \"$@\"", "sh"]).arg(program("frame-client"));
    command.args(["file-transfer", "--connect", &server.address]);
    command.current_dir(sandbox.path()).stdin(Stdio::null());
    let run = Run::new(output_of(command), format!("in {}", sandbox.path().display()));
    server.join();
    run.failed_by("FT-9", "cannot write: File too large");
    assert_eq!(sandbox.names(), Vec::<String>::new());
}

#[test]
fn a_frame_that_comes_byte_by_byte_is_the_same_file() {
    let sandbox = Sandbox::new();
    let server = FakeServer::new(|mut stream| {
        for byte in file_frame("x", b"bod\0\r\n\xff") {
            stream.write_all(&[byte]).unwrap();
        }
        finish(stream);
    });
    let run = client(&sandbox, "file-transfer", &server.address, "");
    server.join();
    run.completed_with("{'file_name': 'x', 'file_size': 7}\n");
    assert_eq!(fs::read(sandbox.path().join("x")).unwrap(), b"bod\0\r\n\xff");
}

#[test]
fn what_comes_after_the_body_is_no_part_of_the_file() {
    for trailing in ["x", "\0\0\0\0{}", "trailing".repeat(10_000).as_str()] {
        let sandbox = Sandbox::new();
        let mut wire = file_frame("x", "body");
        wire.extend_from_slice(trailing.as_bytes());
        fetch(&sandbox, wire).completed_with("{'file_name': 'x', 'file_size': 4}\n");
        assert_eq!(fs::read(sandbox.path().join("x")).unwrap(), b"body");
        assert_eq!(sandbox.names(), ["x"]);
    }
}

#[test]
fn a_whole_file_is_complete_though_the_server_keeps_the_connection() {
    let sandbox = Sandbox::new();
    let (done, client_done) = mpsc::channel::<()>();
    let server = FakeServer::new(move |mut stream| {
        stream.write_all(&file_frame("x", "body")).unwrap();
        client_done.recv_timeout(DEADLINE).unwrap();
    });
    let run = client(&sandbox, "file-transfer", &server.address, "");
    done.send(()).unwrap();
    server.join();
    run.completed_with("{'file_name': 'x', 'file_size': 4}\n");
}

#[test]
fn a_dict_with_other_keys_and_any_whitespace_is_taken_and_shown_whole() {
    let dict = "\n{ \"extra\" : [1, 2.50, null, true, {\"é\": \"\\u00e9\"}],\t\"file_size\":2 ,\
                \"file_name\":\"x\"}\r\n ";
    let sandbox = Sandbox::new();
    let run = fetch(&sandbox, [framed(dict), b"ok".to_vec()].concat());
    let code = "import json, sys; print(json.loads(sys.stdin.buffer.read()))";
    run.completed_with(std::str::from_utf8(&ask_python(code, &[], dict)).unwrap());
    assert_eq!(fs::read(sandbox.path().join("x")).unwrap(), b"ok");
}

#[test]
fn the_name_is_not_there_before_the_last_byte_and_an_old_file_is_untouched() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("x", "old");
    let server = FakeServer::new(move |mut stream| {
        let wire = file_frame("x", vec![b'n'; 100_000]);
        let (most, last) = wire.split_at(wire.len() - 1);
        stream.write_all(most).unwrap();
        let before = fs::read(&path).unwrap();
        stream.write_all(last).unwrap();
        finish(stream);
        before
    });
    let run = client(&sandbox, "file-transfer", &server.address, "");
    assert_eq!(server.join(), b"old");
    assert_eq!(run.status(), Some(0), "{run}");
    assert_eq!(fs::read(sandbox.path().join("x")).unwrap(), vec![b'n'; 100_000]);
}

#[test]
fn a_transfer_that_fails_leaves_an_old_file_as_it_was() {
    let sandbox = Sandbox::new();
    sandbox.write("x", "old");
    let mut wire = file_frame("x", "body");
    wire.pop();
    fetch(&sandbox, wire).failed_by("FR-5", "expected 4 bytes of body, found 3");
    assert_eq!(fs::read(sandbox.path().join("x")).unwrap(), b"old");
    assert_eq!(sandbox.names(), ["x"]);
}

#[test]
fn a_signal_in_the_middle_of_a_file_ends_the_client_and_leaves_no_file() {
    for (signal, name) in
        [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT"), (Signal::HUP, "SIGHUP")]
    {
        let sandbox = Sandbox::new();
        let (tell, has_begun) = mpsc::channel();
        let server = FakeServer::new(move |mut stream| {
            let frame = file_frame("x", "body");
            let (most, last) = frame.split_at(frame.len() - 2);
            // After some of the body has been taken from the buffer, the rest is read into the
            // file.
            for part in [most, &last[..1]] {
                stream.write_all(part).unwrap();
                wait_until_read(&stream);
            }
            tell.send(()).unwrap();
            stream.read(&mut [0])
        });
        let mut command = Command::new(program("frame-client"));
        command.args(["file-transfer", "--connect", &server.address]);
        command.current_dir(sandbox.path()).env_remove("FRAME_LOG");
        let mut process = Process::start(&mut command, None);
        has_begun.recv_timeout(DEADLINE).unwrap();
        process.signal(signal);
        process.wait_for(&format!("[FR-8] ended by {name}"));
        assert_eq!(process.end().code(), Some(1));
        assert_eq!(server.join().ok(), Some(0));
        assert_eq!(sandbox.names(), Vec::<String>::new());
    }
}

#[test]
fn a_directory_where_nothing_can_be_made_is_an_error() {
    let sandbox = Sandbox::new();
    let server = FakeServer::sending(file_frame("x", "body"));
    let mut command = sandbox.command("frame-client");
    command.current_dir("/proc").args(["file-transfer", "--connect", &server.address]);
    let run = Run::new(command.output().unwrap(), "in /proc");
    server.join();
    run.failed_by("FT-9", "cannot write to the working directory");
}

#[test]
fn a_screen_that_is_gone_is_an_error_and_no_file_is_written() {
    let sandbox = Sandbox::new();
    let server = FakeServer::sending(file_frame("x", "body"));
    let mut command = Command::new(program("frame-client"));
    command.args(["file-transfer", "--connect", &server.address]).current_dir(sandbox.path());
    command.stdout(gone()).stdin(Stdio::null()).env_remove("FRAME_LOG");
    let output = output_of(command);
    server.join();
    Run::new(output, "without a screen").failed_by("FT-9", "Broken pipe");
    assert_eq!(sandbox.names(), Vec::<String>::new());
}

#[test]
fn the_client_sends_not_one_byte() {
    let sandbox = Sandbox::new();
    let server = FakeServer::new(|mut stream| {
        stream.write_all(&file_frame("x", "body")).unwrap();
        let mut sent = Vec::new();
        stream.read_to_end(&mut sent).unwrap();
        sent
    });
    let run = client(&sandbox, "file-transfer", &server.address, "typed\nin vain\n");
    assert_eq!((run.status(), server.join()), (Some(0), vec![]));
}

#[test]
fn the_wire_is_what_cpython_packs() {
    let code = "import json, struct, sys\n\
                text = json.dumps({'file_name': 'x', 'file_size': 4}).encode()\n\
                answer = json.dumps({'data_size': 2}).encode()\n\
                for part in struct.pack('i', len(text)), text, b'body', \
                struct.pack('i', len(answer)), answer, b'hi':\n    \
                sys.stdout.buffer.write(part)";
    let wire = ask_python(code, &[], "");
    let frame = file_frame("x", "body");
    assert_eq!(read_exactly(&mut &wire[..], frame.len()), frame);
    assert_eq!(&wire[frame.len()..], crate::peers::answer("hi"));
}
