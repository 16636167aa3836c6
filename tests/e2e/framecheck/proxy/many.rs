//! Many connections at once, one of which has one wrong frame.

use std::io::{Read, Write};

use super::super::audit::request;
use super::{Proxy, REPLY, accept, connect, right, sandbox, server};

const CONNECTIONS: usize = 1000;
/// How many threads play the clients, and the servers.
const THREADS: usize = 8;
const WRONG: usize = 617;

#[test]
fn one_wrong_frame_among_1000_connections_is_found() {
    let (sandbox, (listener, to)) = (sandbox(&[]), server());
    let count = CONNECTIONS.to_string();
    let mut proxy = Proxy::start(&sandbox, to, &["--connections", &count, "--out", "wire.pcapng"]);
    let address = proxy.address;
    // One after the other, because a server's queue of waiting connections is short.
    let pair = |_| (connect(address), accept(&listener));
    let (clients, servers): (Vec<_>, Vec<_>) = (0..CONNECTIONS).map(pair).unzip();
    let share = CONNECTIONS / THREADS;
    std::thread::scope(|scope| {
        for servers in servers.chunks(share) {
            scope.spawn(move || {
                for mut server in servers {
                    // Both requests have the same length.
                    let mut came = vec![0; 2 * (right().len() + 2)];
                    server.read_exact(&mut came).unwrap();
                    server.write_all(REPLY).unwrap();
                }
            });
        }
        for (nth, clients) in clients.chunks(share).enumerate() {
            scope.spawn(move || {
                for (client, number) in clients.iter().zip(nth * share..) {
                    let size = if number == WRONG { "\"3\"" } else { "  3" };
                    let mut client = client;
                    client.write_all(&request(r#"{"size":   3}"#, b"abc")).unwrap();
                    let second = format!("{{\"size\": {size}}}");
                    client.write_all(&request(&second, b"abc")).unwrap();
                    let mut came = vec![0; REPLY.len()];
                    client.read_exact(&mut came).unwrap();
                }
            });
        }
    });
    let wrong = clients[WRONG].local_addr().unwrap();
    let said = proxy.line();
    assert!(said.contains(&format!("byte 33: request.dict.size (client {wrong} to")), "{said}");
    drop((clients, servers));
    let (status, said) = proxy.wait();
    assert_eq!(status, 1, "{said}");
    for line in
        ["  to-server: 1,999 request", "  to-client: 1,000 reply", "FAIL  1 mistake in 1 direction"]
    {
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
    }
}
