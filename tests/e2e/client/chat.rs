//! `frame-client chat` and its variants against servers that leave, or send bytes that
//! are not UTF-8.

#![cfg(test)]

use std::io::{Read, Write};

use framecheck_tests::Sandbox;

use crate::peers::{FakeServer, client, finish, read_exactly, reset};

const PROMPTS: [(&str, &str); 3] = [
    ("chat", "请输入你需要发送的消息>>>:"),
    ("chat-guarded", "请输入你想要发送的信息>>>:"),
    ("chat-relisten", "请输入你想要发送的信息>>>:"),
];

#[test]
fn a_server_that_leaves_before_it_answers_is_an_error_and_nothing_more_is_asked() {
    for (scenario, prompt) in PROMPTS {
        let server = FakeServer::new(|mut stream| {
            read_exactly(&mut stream, 2);
            finish(stream);
        });
        let run = client(&Sandbox::new(), scenario, &server.address, "hi\nmore\n");
        run.failed_saying("the server closed before it answered");
        assert_eq!(run.stdout(), prompt);
        server.join();
    }
}

#[test]
fn a_server_that_resets_is_an_error() {
    let server = FakeServer::new(|mut stream| {
        read_exactly(&mut stream, 2);
        reset(stream);
    });
    client(&Sandbox::new(), "chat", &server.address, "hi\n").failed_saying("cannot receive");
    server.join();
}

#[test]
fn an_answer_that_is_not_utf8_is_an_error() {
    for bytes in [&b"\xff"[..], b"\xed\xa0\x80", b"\xe4\xbd"] {
        let server = FakeServer::new(move |mut stream| {
            read_exactly(&mut stream, 2);
            stream.write_all(bytes).unwrap();
            finish(stream);
        });
        let run = client(&Sandbox::new(), "chat", &server.address, "hi\nmore\n");
        run.failed_saying("the answer is not UTF-8");
        server.join();
    }
}

#[test]
fn what_cannot_be_sent_is_not_sent() {
    for (typed, message) in [
        (b"\xff\n".to_vec(), "can't encode character '\\udcff'"),
        ([vec![b'x'; 1025], b"\n".to_vec()].concat(), "the line is 1025 bytes, over 1024"),
    ] {
        for (scenario, prompt) in PROMPTS {
            let server = FakeServer::new(|mut stream| {
                let mut sent = Vec::new();
                stream.read_to_end(&mut sent).unwrap();
                sent
            });
            let run = client(&Sandbox::new(), scenario, &server.address, typed.clone());
            run.failed_saying(message);
            assert_eq!(run.stdout(), prompt);
            assert_eq!(server.join(), b"");
        }
    }
}
