//! `frame-server --listen unix:PATH`: the ownership of the file. The file goes with its server;
//! a new server replaces the file of a killed one; it leaves the files of others alone.

#![cfg(test)]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};

use framecheck_tests::{DEADLINE, Sandbox, Server};
use rustix::process::Signal;

use crate::peers::{Process, Run, read_exactly};

fn listening(sandbox: &Sandbox) -> Server {
    let server = sandbox.server(&["tcp-upper", "--listen", "unix:socket"]);
    assert_eq!(server.address, "unix:socket");
    server
}

#[track_caller]
fn assert_served(sandbox: &Sandbox) {
    let mut stream = UnixStream::connect(sandbox.path().join("socket")).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(b"hi").unwrap();
    assert_eq!(read_exactly(&mut stream, 2), b"HI");
}

fn refused(sandbox: &Sandbox) -> Run {
    let mut command = sandbox.command("frame-server");
    let output = command.args(["tcp-upper", "--listen", "unix:socket"]).output().unwrap();
    Run::new(output, "unix:socket")
}

#[test]
fn the_file_goes_when_the_server_ends() {
    let sandbox = Sandbox::new();
    let server = listening(&sandbox);
    let about = fs::metadata(sandbox.path().join("socket")).unwrap();
    assert!(about.file_type().is_socket());
    assert_served(&sandbox);
    assert_eq!(server.stop().0.code(), Some(0));
    assert_eq!(sandbox.names(), Vec::<String>::new());
}

#[test]
fn the_file_of_a_killed_server_is_replaced() {
    let sandbox = Sandbox::new();
    let killed = listening(&sandbox);
    killed.signal(Signal::KILL);
    drop(killed);
    assert_eq!(sandbox.names(), ["socket"]);
    let server = listening(&sandbox);
    assert_served(&sandbox);
    assert_eq!(server.stop().0.code(), Some(0));
    assert_eq!(sandbox.names(), Vec::<String>::new());
}

#[test]
fn the_file_of_a_living_server_is_in_use_and_stays() {
    let sandbox = Sandbox::new();
    let server = listening(&sandbox);
    refused(&sandbox).failed_saying("cannot listen on unix:socket: Address already in use");
    assert_served(&sandbox);
    assert_eq!(server.stop().0.code(), Some(0));
}

#[test]
fn a_file_that_is_no_socket_is_in_use_and_stays() {
    let sandbox = Sandbox::new();
    sandbox.write("socket", "precious");
    refused(&sandbox).failed_saying("cannot listen on unix:socket: Address already in use");
    assert_eq!(fs::read(sandbox.path().join("socket")).unwrap(), b"precious");
}

#[test]
fn a_link_to_an_abandoned_socket_is_in_use_and_stays() {
    let sandbox = Sandbox::new();
    drop(UnixListener::bind(sandbox.path().join("abandoned")).unwrap());
    std::os::unix::fs::symlink("abandoned", sandbox.path().join("socket")).unwrap();
    refused(&sandbox).failed_saying("cannot listen on unix:socket: Address already in use");
    assert_eq!(sandbox.names(), ["abandoned", "socket"]);
}

#[test]
fn a_file_that_took_the_place_of_the_servers_stays_when_it_ends() {
    let sandbox = Sandbox::new();
    let server = listening(&sandbox);
    // Made before the other is removed, so that it can't get the same inode.
    sandbox.write("new", "precious");
    fs::rename(sandbox.path().join("new"), sandbox.path().join("socket")).unwrap();
    assert_eq!(server.stop().0.code(), Some(0));
    assert_eq!(fs::read(sandbox.path().join("socket")).unwrap(), b"precious");
}

#[test]
fn a_file_that_is_gone_already_is_no_error_at_the_end() {
    let sandbox = Sandbox::new();
    let server = listening(&sandbox);
    fs::remove_file(sandbox.path().join("socket")).unwrap();
    assert_eq!(server.stop().0.code(), Some(0));
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command("frame-server");
    let output = command.args(["tcp-upper", "--listen", "unix:no/socket"]).output().unwrap();
    Run::new(output, "unix:no/socket")
        .failed_saying("cannot listen on unix:no/socket: No such file or directory");
}

#[test]
fn a_client_sees_the_servers_end_as_the_end_of_its_stream() {
    let sandbox = Sandbox::new();
    let server = listening(&sandbox);
    let mut stream = UnixStream::connect(sandbox.path().join("socket")).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(b"hi").unwrap();
    assert_eq!(read_exactly(&mut stream, 2), b"HI");
    assert_eq!(server.stop().0.code(), Some(0));
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

/// The liveness probe of another server never appears as a client: `chat` would end after it.
#[test]
fn the_one_client_of_a_living_chat_is_not_the_server_that_is_refused() {
    let sandbox = Sandbox::new();
    let arguments = ["chat", "--listen=unix:socket"];
    let (server, _) = Process::server(&sandbox, &arguments, None);
    let output = sandbox.command("frame-server").args(arguments).output().unwrap();
    Run::new(output, "chat").failed_saying("cannot listen on unix:socket: Address already in use");
    let mut stream = UnixStream::connect(sandbox.path().join("socket")).unwrap();
    stream.write_all(b"hi").unwrap();
    // Its input is empty, which ends it.
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    let (status, screen) = server.stop(Signal::TERM);
    assert!(status.success() && screen.starts_with("hi\n"), "{status} {screen}");
}

#[test]
fn a_socket_that_is_bound_and_does_not_listen_yet_is_in_use_and_stays() {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, listen, socket};
    for kind in [SocketType::STREAM, SocketType::SEQPACKET, SocketType::DGRAM] {
        let sandbox = Sandbox::new();
        let path = sandbox.path().join("socket");
        let bound = socket(AddressFamily::UNIX, kind, None).unwrap();
        bind(&bound, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        let before = fs::metadata(&path).unwrap().ino();
        refused(&sandbox).failed_saying("cannot listen on unix:socket: Address already in use");
        assert_eq!(fs::metadata(&path).unwrap().ino(), before, "{kind:?}");
        if kind == SocketType::STREAM {
            listen(&bound, 1).unwrap();
            UnixStream::connect(&path).unwrap();
        }
    }
}
