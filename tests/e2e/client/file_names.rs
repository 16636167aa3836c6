//! `frame-client file-transfer` and existing files of the announced name. It replaces a file or a
//! link, and never follows a link; it leaves everything else alone. Also long and strange names.

#![cfg(test)]

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::net::UnixListener;

use framecheck_tests::Sandbox;

use super::file_transfer::fetch;
use crate::peers::file_frame;

#[test]
fn a_name_of_255_bytes_is_taken_and_one_of_256_is_refused_before_its_body() {
    let sandbox = Sandbox::new();
    let name = "n".repeat(256);
    let mut frame = file_frame(&name, "body");
    frame.truncate(frame.len() - 4);
    fetch(&sandbox, frame).failed_by("FR-7", "the name has 256 bytes, over 255");
    let in_bytes = "汉".repeat(86);
    let run = fetch(&sandbox, file_frame(&in_bytes, "body"));
    run.failed_by("FR-7", "the name has 258 bytes, over 255");
    assert_eq!(sandbox.names(), Vec::<String>::new());
    for name in [&name[1..], &in_bytes[3..]] {
        assert_eq!(fetch(&sandbox, file_frame(name, "body")).status(), Some(0));
        assert_eq!(fs::read(sandbox.path().join(name)).unwrap(), b"body");
    }
}

#[test]
fn a_name_that_is_strange_but_a_name_is_taken_as_it_is() {
    for (escaped, name) in [
        ("C:\\\\x", "C:\\x"),
        ("C:x", "C:x"),
        ("..\\\\x", "..\\x"),
        ("...", "..."),
        (" ", " "),
        ("-rf", "-rf"),
        ("CON", "CON"),
        ("a\\nb", "a\nb"),
        ("~", "~"),
        (".frame-client-x", ".frame-client-x"),
    ] {
        let sandbox = Sandbox::new();
        let run = fetch(&sandbox, file_frame(escaped, "body"));
        assert_eq!(run.status(), Some(0), "{run}");
        assert_eq!(sandbox.names(), [name]);
    }
}

#[test]
fn a_directory_a_pipe_or_a_socket_of_that_name_is_refused_before_its_body_and_left_alone() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("directory")).unwrap();
    let pipe = sandbox.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    let _listening = UnixListener::bind(sandbox.path().join("socket")).unwrap();
    for name in ["directory", "pipe", "socket"] {
        let mut frame = file_frame(name, "body");
        frame.truncate(frame.len() - 4);
        let run = fetch(&sandbox, frame);
        run.failed_by("FR-7", &format!("refusing to replace b'{name}': that is no file"));
    }
    assert_eq!(sandbox.names(), ["directory", "pipe", "socket"]);
    let kind = |name: &str| fs::symlink_metadata(sandbox.path().join(name)).unwrap().file_type();
    assert!(kind("directory").is_dir() && kind("pipe").is_fifo() && kind("socket").is_socket());
}

#[test]
fn a_device_of_that_name_is_refused() {
    // Only root makes devices, so the client runs where one exists.
    let server = crate::peers::FakeServer::sending(file_frame("null", "body"));
    let sandbox = Sandbox::new();
    let mut command = sandbox.command("frame-client");
    command.current_dir("/dev").args(["file-transfer", "--connect", &server.address]);
    let run = crate::peers::Run::new(command.output().unwrap(), "in /dev");
    server.join();
    run.failed_by("FR-7", "refusing to replace b'null': that is no file");
}

#[test]
fn a_link_of_that_name_is_replaced_and_never_followed() {
    let (sandbox, elsewhere) = (Sandbox::new(), Sandbox::new());
    let file = elsewhere.write("file", "precious");
    fs::create_dir(elsewhere.path().join("directory")).unwrap();
    for target in ["file", "directory", "missing"] {
        let name = format!("to-{target}");
        symlink(elsewhere.path().join(target), sandbox.path().join(&name)).unwrap();
        assert_eq!(fetch(&sandbox, file_frame(&name, "new")).status(), Some(0), "{name}");
        let there = sandbox.path().join(&name);
        assert!(fs::symlink_metadata(&there).unwrap().is_file(), "{name}");
        assert_eq!(fs::read(there).unwrap(), b"new");
    }
    assert_eq!(fs::read(file).unwrap(), b"precious");
    assert_eq!(elsewhere.names(), ["directory", "file"]);
    assert_eq!(fs::read_dir(elsewhere.path().join("directory")).unwrap().count(), 0);
}

#[test]
fn a_link_of_that_name_stays_when_the_file_does_not_become_whole() {
    let (sandbox, elsewhere) = (Sandbox::new(), Sandbox::new());
    let target = elsewhere.write("target", "precious");
    symlink(&target, sandbox.path().join("x")).unwrap();
    let mut frame = file_frame("x", "body");
    frame.pop();
    fetch(&sandbox, frame).failed_by("FR-5", "expected 4 bytes of body, found 3");
    assert_eq!(fs::read_link(sandbox.path().join("x")).unwrap(), target);
    assert_eq!(fs::read(target).unwrap(), b"precious");
    assert_eq!(sandbox.names(), ["x"]);
}
