//! `frame-server file-transfer`: the bytes on the wire, and files that change during a transfer.

#![cfg(test)]

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use framecheck_tests::{Sandbox, Server};

use crate::peers::{ask_python, connect, read_exactly};

fn fetch(server: &Server) -> Vec<u8> {
    let mut wire = Vec::new();
    let mut stream = connect(server.socket_address());
    stream.read_to_end(&mut wire).unwrap();
    wire
}

#[test]
fn the_wire_is_what_cpython_packs_dumps_and_reads() {
    let code = "import json, os, struct, sys\n\
                name, desc, file = sys.argv[1:]\n\
                about = {'file_name': name, 'file_desc': desc, 'file_size': os.path.getsize(file)}\n\
                text = json.dumps(about).encode('utf8')\n\
                out = sys.stdout.buffer\n\
                out.write(struct.pack('i', len(text)) + text + open(file, 'rb').read())";
    let sandbox = Sandbox::new();
    let every_byte: Vec<u8> = (0..=255).collect();
    for (name, desc, content) in [
        ("a.txt", "", &b""[..]),
        ("it's \"文件\" 😀", "\u{7f}\u{e9}\u{200b}\n\t\\/\u{1}", b"a\r\nb\nno end"),
        ("../x", "/etc", &every_byte),
    ] {
        let path = sandbox.write("source", content).display().to_string();
        let server = sandbox.server(&["file-transfer", &path, "--name", name, "--desc", desc]);
        assert_eq!(fetch(&server), ask_python(code, &[name, desc, &path], ""), "{name}");
    }
}

#[test]
fn without_arguments_it_serves_the_tutorials_file_under_the_tutorials_name() {
    let sandbox = Sandbox::new();
    sandbox.write("04 struct模块.py", "import struct\n");
    let server = sandbox.server(&["file-transfer"]);
    let dict = r#"{"file_name": "xyyyhtl.txt", "file_desc": "what fuck", "file_size": 14}"#;
    let wire = [crate::peers::framed(dict), b"import struct\n".to_vec()].concat();
    assert_eq!(fetch(&server), wire);
}

#[test]
fn each_client_gets_the_file_as_it_is_when_it_comes() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("source", "first");
    let server = sandbox.server(&["file-transfer", "source"]);
    assert!(fetch(&server).ends_with(b"\"file_size\": 5}first"));
    assert!(fetch(&server).ends_with(b"\"file_size\": 5}first"));
    fs::write(path, "second").unwrap();
    assert!(fetch(&server).ends_with(b"\"file_size\": 6}second"));
}

#[test]
fn a_file_that_is_gone_is_one_clients_error_and_the_next_is_served_again() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("source", "content");
    let mut server = sandbox.server(&["file-transfer", "source"]);
    fs::remove_file(&path).unwrap();
    assert_eq!(fetch(&server), b"");
    server.wait_for_log("cannot open source: No such file or directory");
    fs::create_dir(&path).unwrap();
    assert_eq!(fetch(&server), b"");
    server.wait_for_log("cannot serve source: not a regular file");
    fs::remove_dir(&path).unwrap();
    fs::write(&path, "back").unwrap();
    assert!(fetch(&server).ends_with(b"back"));
    assert_eq!(server.stop().0.code(), Some(0));
}

/// Far more than sockets hold; the file system stores none of it.
const HUGE_BYTES: u64 = 1 << 30;

#[test]
fn a_file_that_shrinks_meanwhile_ends_in_a_reset_so_that_nobody_takes_it_for_whole() {
    let sandbox = Sandbox::new();
    let file = File::create(sandbox.path().join("source")).unwrap();
    file.set_len(HUGE_BYTES).unwrap();
    let mut server = sandbox.server(&["file-transfer", "source"]);
    let mut stream = connect(server.socket_address());
    read_exactly(&mut stream, 4);
    file.set_len(0).unwrap();
    let mut buffer = vec![0; 1 << 20];
    let end = loop {
        match stream.read(&mut buffer) {
            Ok(1..) => {}
            Ok(0) => break None,
            Err(error) => break Some(error.kind()),
        }
    };
    assert_eq!(end, Some(ErrorKind::ConnectionReset));
    server.wait_for_log("source shrank while it was sent");
}

#[test]
fn a_file_that_grows_meanwhile_is_sent_as_long_as_was_announced() {
    let sandbox = Sandbox::new();
    let len = 64 << 20;
    let mut file = File::create(sandbox.path().join("source")).unwrap();
    file.set_len(len).unwrap();
    let server = sandbox.server(&["file-transfer", "source"]);
    let mut stream = connect(server.socket_address());
    let dict_len = i32::from_ne_bytes(read_exactly(&mut stream, 4).try_into().unwrap());
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
    file.write_all(b"more").unwrap();
    let rest = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert_eq!(rest, u64::try_from(dict_len).unwrap() + len);
}

#[test]
fn a_client_that_breaks_off_or_talks_back_is_nobody_elses_matter() {
    let sandbox = Sandbox::new();
    File::create(sandbox.path().join("source")).unwrap().set_len(HUGE_BYTES).unwrap();
    let mut server = sandbox.server(&["file-transfer", "source"]);
    let mut stream = connect(server.socket_address());
    read_exactly(&mut stream, 1000);
    crate::peers::reset(stream);
    // Which of its errors the system returns is a race.
    server.wait_for_log("[FT-11] ");
    fs::write(sandbox.path().join("source"), "short").unwrap();
    // The server does not read what a client sends, and does not reset because of it.
    let mut stream = connect(server.socket_address());
    stream.write_all(&[b'x'; 5000]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut wire = Vec::new();
    stream.read_to_end(&mut wire).unwrap();
    assert!(wire.ends_with(b"short"));
}

/// Gives this file another name, at a path, in one step.
fn put(file: &Path, at: &Path) {
    let new = at.with_extension("new");
    fs::hard_link(file, &new).and_then(|()| fs::rename(&new, at)).unwrap();
}

/// Once the server looked at the path, and then opened it: opening a named pipe waits for a writer.
#[test]
fn a_path_at_which_files_and_a_named_pipe_take_turns_keeps_nobody_waiting() {
    let sandbox = Sandbox::new();
    let (path, pipe) = (sandbox.path().join("source"), sandbox.path().join("pipe"));
    // A file that is already open is not opened again.
    let files = ["one", "other"].map(|name| sandbox.write(name, "content"));
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    put(&files[0], &path);
    let server = sandbox.server(&["file-transfer", "source"]);
    let done = Arc::new(AtomicBool::new(false));
    let is_done = done.clone();
    let taking_turns = std::thread::spawn(move || {
        while !is_done.load(Ordering::Relaxed) {
            for file in &files {
                put(&pipe, &path);
                put(file, &path);
            }
        }
    });
    let mut served = 0;
    for _ in 0..1000 {
        let wire = fetch(&server);
        assert!(wire.is_empty() || wire.ends_with(b"content"), "{}", wire.escape_ascii());
        served += usize::from(!wire.is_empty());
    }
    done.store(true, Ordering::Relaxed);
    taking_turns.join().unwrap();
    assert!(served > 0 && fetch(&server).ends_with(b"content"), "{served} of 1000");
    assert_eq!(server.stop().0.code(), Some(0));
}
