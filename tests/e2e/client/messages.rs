//! `frame-client length-ack`, `length-prefix`, `buffers`, `sticky` and `sticky-sizes`: what they
//! send, and how they react to a server that breaks the protocol.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::TcpListener;

use framecheck_tests::Sandbox;

use crate::peers::{FakeServer, accept, client, client_with, finish, framed, read_exactly, reset};

#[test]
fn a_message_goes_out_only_after_its_ok() {
    let server = FakeServer::new(|mut stream| {
        assert_eq!(read_exactly(&mut stream, 1), b"6");
        stream.set_nonblocking(true).unwrap();
        // Nothing merges with the length.
        assert!(stream.read(&mut [0; 16]).is_err());
        stream.set_nonblocking(false).unwrap();
        stream.write_all(b"ok").unwrap();
        let mut message = Vec::new();
        stream.read_to_end(&mut message).unwrap();
        message
    });
    client(&Sandbox::new(), "length-ack", &server.address, "").completed_with("");
    assert_eq!(server.join(), b"hello!");
}

#[test]
fn an_answer_that_is_no_ok_ends_the_client() {
    for (answer, says) in [
        (&b"no"[..], "expected b'ok', found b'no'"),
        (b"OK", "expected b'ok', found b'OK'"),
        (b"o", "the server closed before it answered"),
        (b"", "the server closed before it answered"),
    ] {
        let server = FakeServer::new(move |mut stream| {
            read_exactly(&mut stream, 1);
            let _ = stream.write_all(answer);
            finish(stream);
        });
        client(&Sandbox::new(), "length-ack", &server.address, "").failed_saying(says);
        server.join();
    }
}

#[test]
fn messages_go_out_as_they_are_one_after_another() {
    let frame = framed("消息");
    let big = "x".repeat(1500);
    for (arguments, sent) in [
        (vec!["length-prefix", "--message=消息"], frame),
        (vec!["sticky"], b"1234567abcdehhhhh".to_vec()),
        (vec!["sticky", "--first=", "--second=-b", "--third="], b"-b".to_vec()),
        (vec!["sticky-sizes"], format!("helloworld{big}bye").into_bytes()),
        (vec!["sticky-sizes", "--big=", "--last="], b"helloworld".to_vec()),
    ] {
        let server = FakeServer::new(|mut stream| {
            let mut received = Vec::new();
            stream.read_to_end(&mut received).unwrap();
            received
        });
        let told = [&arguments[..], &["--connect", &server.address]].concat();
        client_with(&Sandbox::new(), &told, "").completed_with("");
        assert!(server.join() == sent, "{arguments:?}");
    }
}

/// A server of two clients: the first gets this block, the second connection ends in this way.
fn two_clients(
    block: &'static [u8],
    end: impl FnOnce(std::net::TcpStream) + Send + 'static,
) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = std::thread::spawn(move || {
        let mut first = accept(&listener);
        assert_eq!(first.read(&mut [0; 16]).unwrap(), 0);
        first.write_all(block).unwrap();
        drop(first);
        let mut second = accept(&listener);
        assert_eq!(read_exactly(&mut second, 6), b"hello!");
        end(second);
    });
    (address, serving)
}

#[test]
fn the_end_of_the_second_connection_is_shown_whatever_it_is() {
    let (address, serving) = two_clients(b"1234", reset);
    let run = client(&Sandbox::new(), "buffers", &address, "");
    assert!(run.stdout().ends_with("\n4\n[Errno 104] Connection reset by peer\n"), "{run}");
    assert_eq!(run.status(), Some(0), "{run}");
    serving.join().unwrap();

    let (address, serving) = two_clients(b"", |mut stream| stream.write_all(b"it's").unwrap());
    let run = client(&Sandbox::new(), "buffers", &address, "");
    assert!(run.stdout().ends_with("\n0\nb\"it's\"\n"), "{run}");
    assert_eq!(run.status(), Some(0), "{run}");
    serving.join().unwrap();
}

#[test]
fn a_block_that_is_broken_off_is_no_block() {
    let server = FakeServer::new(|mut stream| {
        assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0);
        stream.write_all(b"half a bl").unwrap();
        reset(stream);
    });
    let run = client(&Sandbox::new(), "buffers", &server.address, "");
    run.failed_saying("the block did not arrive");
    server.join();
}

#[test]
fn a_message_that_nobody_could_see_is_wrong_usage() {
    let run = client_with(&Sandbox::new(), &["buffers", "--message="], "");
    assert_eq!(run.status(), Some(2), "{run}");
}
