//! Ends and slow readers behave as they would without the proxy.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use rustix::net::sockopt::set_socket_linger;

use super::{Proxy, REPLY, accept, carry, is_at_end, right, sandbox, server};

/// Closes a connection by a reset.
fn reset(stream: TcpStream) {
    set_socket_linger(&stream, Some(std::time::Duration::ZERO)).unwrap();
    drop(stream);
}

#[track_caller]
fn is_reset(mut stream: &TcpStream) {
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn half_a_close_passes_on_and_the_other_half_goes_on() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let proxy = Proxy::start(&sandbox, to, &["--connections", "1"]);
    let (client, server) = (proxy.connect(), accept(&listener));
    carry(&client, &server, &right());
    client.shutdown(Shutdown::Write).unwrap();
    is_at_end(&server);
    carry(&server, &client, REPLY);
    server.shutdown(Shutdown::Write).unwrap();
    is_at_end(&client);
    let (status, said) = proxy.wait();
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("  to-client: 1 reply"), "{said}");
}

#[test]
fn a_reset_passes_on_either_way_and_inside_a_frame_it_is_a_mistake() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let mut proxy = Proxy::start(&sandbox, to, &[]);
    let (client, server) = (proxy.connect(), accept(&listener));
    carry(&client, &server, &right());
    reset(server);
    is_reset(&client);
    let (client, server) = (proxy.connect(), accept(&listener));
    carry(&client, &server, &right()[..7]);
    reset(client);
    is_reset(&server);
    let said = proxy.line();
    assert!(said.starts_with("connection 1, to-server, byte 7: request.dict ("), "{said}");
    assert!(said.contains("the end of the stream after 3 of them, by a reset"), "{said}");
    // A side that has ended its direction can reset the connection, too.
    let (client, server) = (proxy.connect(), accept(&listener));
    client.shutdown(Shutdown::Write).unwrap();
    is_at_end(&server);
    reset(client);
    let mut server = server;
    let until = std::time::Instant::now() + framecheck_tests::DEADLINE;
    while server.write(REPLY).is_ok() {
        assert!(std::time::Instant::now() < until, "the server can write for ever");
        std::thread::yield_now();
    }
    assert_eq!(proxy.stop().0, 1);
}

#[test]
fn a_reply_that_came_before_a_reset_is_passed_on() {
    const CONNECTIONS: usize = 60;
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let proxy = Proxy::start(&sandbox, to, &[]);
    for number in 0..CONNECTIONS {
        let (mut client, mut server) = (proxy.connect(), accept(&listener));
        let mut sending = client.try_clone().unwrap();
        std::thread::scope(|scope| {
            // It never ends its request, so the server closes with input unread: the kernel resets.
            scope.spawn(move || while sending.write_all(&[0; 1 << 16]).is_ok() {});
            // Some of it is there, and stays unread.
            server.peek(&mut [0]).unwrap();
            server.write_all(REPLY).unwrap();
            drop(server);
            let mut came = vec![0; REPLY.len()];
            let read = client.read_exact(&mut came);
            assert!(read.is_ok() && came == REPLY, "connection {number}: {read:?}");
        });
    }
    proxy.stop();
}

#[test]
fn a_connection_of_no_bytes_is_no_success() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let proxy = Proxy::start(&sandbox, to, &["--connections", "1"]);
    let (client, server) = (proxy.connect(), accept(&listener));
    drop(client);
    is_at_end(&server);
    drop(server);
    let (status, said) = proxy.wait();
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("nothing came that could be judged"), "{said}");
}

#[test]
fn a_reader_that_does_not_read_stops_its_writer_and_gets_all_in_the_end() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let proxy = Proxy::start(&sandbox, to, &["--connections", "1"]);
    let (mut client, mut server) = (proxy.connect(), accept(&listener));
    let body = 64 << 20;
    let head = super::super::audit::request(&format!("{{\"size\": {body}}}"), b"");
    carry(&client, &server, &head);
    // Without back-pressure all of it would fit into the proxy.
    client.set_nonblocking(true).unwrap();
    let piece = vec![b'x'; 1 << 20];
    let mut sent = 0;
    let mut quiet_since = std::time::Instant::now();
    while quiet_since.elapsed() < std::time::Duration::from_millis(500) {
        match client.write(&piece) {
            Ok(wrote) => {
                sent += wrote;
                quiet_since = std::time::Instant::now();
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
        assert!(sent < body, "nothing slows the client");
    }
    client.set_nonblocking(false).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| client.write_all(&vec![b'x'; body - sent]).unwrap());
        let mut came = vec![0; body];
        server.read_exact(&mut came).unwrap();
        assert!(came.iter().all(|byte| *byte == b'x'));
    });
    drop(client);
    is_at_end(&server);
    drop(server);
    let (status, said) = proxy.wait();
    assert_eq!(status, 0, "{said}");
}

#[test]
fn what_is_under_way_when_a_signal_comes_is_no_mistake() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let proxy = Proxy::start(&sandbox, to, &[]);
    let (client, server) = (proxy.connect(), accept(&listener));
    carry(&client, &server, &right()[..7]);
    carry(&server, &client, REPLY);
    let (status, said) = proxy.stop();
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("the proxy ended inside a frame"), "{said}");
    assert!(said.contains("  to-client: 1 reply"), "{said}");
}

#[test]
fn a_client_whose_server_is_not_there_is_reset_and_others_are_served_later() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    drop(listener);
    let proxy = Proxy::start(&sandbox, to, &[]);
    is_reset(&proxy.connect());
    let (status, said) = proxy.stop();
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("  not relayed: 1 client (first: connection 0, client "), "{said}");
    assert!(said.contains(&format!("no connection reached {to}")), "{said}");
}
