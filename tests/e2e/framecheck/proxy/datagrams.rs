//! Datagrams: each is one frame, and the server sees a separate address for each client.

use std::net::UdpSocket;

use framecheck_tests::{DEADLINE, Sandbox, repository};

use super::super::manifests::says;
use super::Proxy;

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket
}

fn received(socket: &UdpSocket) -> (Vec<u8>, std::net::SocketAddr) {
    let mut bytes = vec![0; 1 << 16];
    let (length, from) = socket.recv_from(&mut bytes).unwrap();
    bytes.truncate(length);
    (bytes, from)
}

fn example() -> String {
    repository().join("examples/json-datagrams/json-datagrams.toml").to_str().unwrap().to_owned()
}

#[test]
fn datagrams_pass_both_ways_and_each_is_judged() {
    let (sandbox, server, example) = (Sandbox::new(), socket(), example());
    let arguments = ["--protocol", &example, "--out", "wire.pcapng"];
    let mut proxy = Proxy::start(&sandbox, server.local_addr().unwrap(), &arguments);
    let clients = [socket(), socket()];
    let seen = [0, 1].map(|nth| {
        clients[nth].send_to(format!("{{\"id\": {nth}}}").as_bytes(), proxy.address).unwrap();
        let (bytes, from) = received(&server);
        assert_eq!(bytes, format!("{{\"id\": {nth}}}").into_bytes());
        from
    });
    assert_ne!(seen[0], seen[1]);
    for nth in [1, 0] {
        server.send_to(format!("{{\"for\": {nth}}}").as_bytes(), seen[nth]).unwrap();
        let (bytes, from) = received(&clients[nth]);
        assert_eq!((bytes, from), (format!("{{\"for\": {nth}}}").into_bytes(), proxy.address));
    }
    clients[1].send_to(b"{\"id\": ", proxy.address).unwrap();
    assert_eq!(received(&server), (b"{\"id\": ".to_vec(), seen[1]));
    let said = proxy.line();
    assert!(said.starts_with("connection 1, to-server, byte 0: request.json ("), "{said}");
    assert!(said.contains(", datagram 2; packet 5, byte 0 of its payload)"), "{said}");
    let (status, said) = proxy.stop();
    assert_eq!(status, 1, "{said}");
    for line in
        [": datagrams of 2 clients, checked", "  to-server: 2 request", "  to-client: 2 answer"]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
    let (said, _) = says(&sandbox, &["audit", "wire.pcapng", "--protocol", &example], 1);
    assert!(said.contains("wire.pcapng: packet 5, byte 0 of its payload: request.json"), "{said}");
}

#[test]
fn a_network_doubles_a_datagram_and_the_capture_shows_both_sides() {
    let (sandbox, server, example) = (Sandbox::new(), socket(), example());
    let arguments = ["--protocol", &example, "--out", "wire.pcapng", "--network", "dup-up@0"];
    let proxy = Proxy::start(&sandbox, server.local_addr().unwrap(), &arguments);
    socket().send_to(b"{}", proxy.address).unwrap();
    assert_eq!(received(&server), received(&server));
    let (status, said) = proxy.stop();
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("  to-server: 1 request"), "{said}");
    let (said, _) = says(&sandbox, &["audit", "wire.pcapng", "--protocol", &example], 0);
    assert!(said.contains("3 packets, datagrams between 2 pairs of ports"), "{said}");
}
