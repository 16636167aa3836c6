//! `frame-client remote-command`: what it sends of a typed line, and what it shows of an answer.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::TcpStream;

use framecheck_tests::Sandbox;

use crate::peers::{
    FakeServer, Run, answer, ask_python, client, client_with, finish, read_exactly,
};

/// Types one command for a server that answers it like this.
fn ask(session: impl FnOnce(&mut TcpStream) + Send + 'static) -> Run {
    let server = FakeServer::new(|mut stream| {
        read_exactly(&mut stream, 2);
        session(&mut stream);
        finish(stream);
    });
    let run = client(&Sandbox::new(), "remote-command", &server.address, "ls\n");
    server.join();
    run
}

#[test]
fn an_answer_that_comes_byte_by_byte_is_shown_in_order() {
    let run = ask(|stream| {
        for byte in answer("in order") {
            stream.write_all(&[byte]).unwrap();
        }
    });
    run.completed_with(">>: in order\n>>: ");
}

#[test]
fn an_answer_of_many_reads_is_shown_whole_and_in_order() {
    let text: String = (0..200_000).map(|number| format!("{number}\n")).collect();
    let expected = format!(">>: {text}\n>>: ");
    ask(move |stream| stream.write_all(&answer(text)).unwrap()).completed_with(&expected);
}

#[test]
fn an_empty_answer_is_an_empty_line() {
    ask(|stream| stream.write_all(&answer("")).unwrap()).completed_with(">>: \n>>: ");
}

#[test]
fn an_answer_is_decoded_as_cpython_decodes_gbk() {
    // Every lead byte with some trail bytes, without those that CPython refuses.
    let code = "import sys\n\
                good = b''\n\
                for lead in range(0x81, 0xff):\n    \
                    for trail in 0x40, 0x7e, 0x80, 0xa1, 0xfe:\n        \
                        try: bytes((lead, trail)).decode('gbk')\n        \
                        except UnicodeDecodeError: continue\n        \
                        good += bytes((lead, trail))\n\
                sys.stdout.buffer.write(good if sys.argv[1] == 'bytes' else \
                good.decode('gbk').encode())";
    let bytes = ask_python(code, &["bytes"], "");
    assert!(bytes.len() > 500);
    let text = String::from_utf8(ask_python(code, &["text"], "")).unwrap();
    ask(move |stream| stream.write_all(&answer(bytes)).unwrap())
        .completed_with(&format!(">>: {text}\n>>: "));
}

#[test]
fn an_answer_that_is_not_gbk_is_an_error() {
    for body in [&b"\xff"[..], b"ok\xc4", b"\x80", "你".as_bytes()] {
        let run = ask(move |stream| stream.write_all(&answer(body)).unwrap());
        run.failed_saying("the answer is not GBK");
        assert_eq!(run.stdout(), ">>: ");
    }
}

#[test]
fn a_dict_with_other_keys_is_taken() {
    let run = ask(|stream| {
        let wire = crate::peers::framed(r#"{"status": 0, "data_size": 2, "time": 1.5}"#);
        stream.write_all(&[&wire[..], b"hi"].concat()).unwrap();
    });
    run.completed_with(">>: hi\n>>: ");
}

#[test]
fn an_empty_line_asks_for_the_next_and_sends_nothing() {
    let server = FakeServer::new(|mut stream| {
        let first = read_exactly(&mut stream, 3);
        stream.write_all(&answer("here")).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        (first, rest)
    });
    let run = client(&Sandbox::new(), "remote-command", &server.address, "\n\npwd\n\n\n");
    assert_eq!(server.join(), (b"pwd".to_vec(), vec![]));
    run.completed_with(">>: >>: >>: here\n>>: >>: >>: ");
}

#[test]
fn two_answers_in_one_segment_go_to_the_two_commands() {
    let server = FakeServer::new(|mut stream| {
        read_exactly(&mut stream, 3);
        stream.write_all(&[answer("1"), answer("2")].concat()).unwrap();
        assert_eq!(read_exactly(&mut stream, 3), b"two");
        finish(stream);
    });
    let run = client(&Sandbox::new(), "remote-command", &server.address, "one\ntwo\n");
    server.join();
    run.completed_with(">>: 1\n>>: 2\n>>: ");
}

#[test]
fn a_command_of_1024_bytes_is_sent_and_one_of_1025_would_be_two_and_is_refused() {
    let longest = "c".repeat(1024);
    let server = FakeServer::new(|mut stream| {
        let command = read_exactly(&mut stream, 1024);
        stream.write_all(&answer("ok")).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        (command, rest)
    });
    let typed = format!("{longest}\n{longest}c\n");
    let run = client(&Sandbox::new(), "remote-command", &server.address, typed);
    assert_eq!(server.join(), (longest.into_bytes(), vec![]));
    run.failed_saying("a command of 1025 bytes is over the server's limit of 1024");
    assert_eq!(run.stdout(), ">>: ok\n>>: ");
}

#[test]
fn a_server_that_closes_or_resets_before_the_answer_is_an_error() {
    ask(|_| ()).failed_saying("the server closed before it sent a header");
    let server = FakeServer::new(|mut stream| {
        read_exactly(&mut stream, 2);
        crate::peers::reset(stream);
    });
    let run = client(&Sandbox::new(), "remote-command", &server.address, "ls\n");
    server.join();
    run.failed_saying("Connection reset by peer");
}

#[test]
fn an_answer_over_the_users_limit_is_an_error() {
    for (max, taken) in [("5", true), ("4", false)] {
        let server = FakeServer::sending(answer("12345"));
        let arguments = ["remote-command", "--connect", &server.address, "--max-body", max];
        let run = client_with(&Sandbox::new(), &arguments, "ls\n");
        server.join();
        if taken {
            run.completed_with(">>: 12345\n>>: ");
        } else {
            run.failed_saying(
                "\"data_size\" of the dict at byte 4 is 5, over the limit of 4 bytes",
            );
        }
    }
}
