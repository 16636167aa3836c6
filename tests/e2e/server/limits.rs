//! `frame-server`'s limits: a client that exceeds one is closed, the log says why, and no other
//! client notices.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use framecheck_tests::{DEADLINE, Sandbox};
use rustix::net::{AddressFamily, SocketType};
use rustix::process::Signal;

use crate::peers::{Process, connect, read_exactly};

/// Sends something and gets an answer, which shows that the client is served.
#[track_caller]
fn assert_served(stream: &mut TcpStream) {
    stream.write_all(b"hi").unwrap();
    assert_eq!(read_exactly(stream, 2), b"HI");
}

/// How a connection ends that the server closes: in order, or by a reset.
#[track_caller]
fn assert_closed(stream: &mut TcpStream) {
    let end = stream.read(&mut [0]);
    let reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
    assert!(matches!(end, Ok(0)) || end.as_ref().is_err_and(reset), "{end:?}");
}

fn connect_from(host: [u8; 4], address: &str) -> TcpStream {
    let to: SocketAddr = address.parse().unwrap();
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &SocketAddr::from((host, 0))).unwrap();
    rustix::net::connect(&socket, &to).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

#[test]
fn one_connection_too_many_is_closed_and_its_place_is_free_once_another_has_left() {
    let sandbox = Sandbox::new();
    let arguments = ["tcp-upper", "--max-connections", "2"];
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    let (mut first, mut second) = (connect(&address), connect(&address));
    assert_served(&mut first);
    assert_served(&mut second);
    let mut third = connect(&address);
    assert_closed(&mut third);
    server.wait_for("[TU-7] refused: max-connections (client 127.0.0.1:");
    assert_served(&mut first);
    first.shutdown(Shutdown::Write).unwrap();
    assert_closed(&mut first);
    // Its place is free a moment after its end has come.
    let until = Instant::now() + DEADLINE;
    loop {
        let mut stream = connect(&address);
        if stream.write_all(b"hi").is_ok() && stream.read(&mut [0]).is_ok_and(|read| read == 1) {
            break;
        }
        assert!(Instant::now() < until, "no place has become free");
    }
    assert_served(&mut second);
    assert_eq!(server.stop(Signal::TERM).0.code(), Some(0));
}

#[test]
fn one_client_has_its_share_and_another_has_its_own() {
    let sandbox = Sandbox::new();
    let arguments = ["tcp-upper", "--max-per-client", "2"];
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    let mut mine = [(); 2].map(|()| connect_from([127, 0, 0, 1], &address));
    mine.iter_mut().for_each(assert_served);
    assert_closed(&mut connect_from([127, 0, 0, 1], &address));
    server.wait_for("[TU-7] refused: max-per-client (client 127.0.0.1:");
    assert_served(&mut connect_from([127, 0, 0, 2], &address));
    mine.iter_mut().for_each(assert_served);
}

#[test]
fn a_flood_of_refused_clients_is_told_of_in_a_few_lines() {
    let sandbox = Sandbox::new();
    let arguments = ["tcp-upper", "--max-connections", "1"];
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    let mut first = connect(&address);
    assert_served(&mut first);
    for _ in 0..500 {
        assert_closed(&mut connect(&address));
    }
    server.signal(Signal::TERM);
    server.wait_for("refused: max-connections");
    let said = server.wait_for(" INFO ");
    assert!(said.contains(" 500 more refused"), "{said}");
}

#[test]
fn who_is_silent_for_too_long_is_closed_and_who_speaks_is_not() {
    let sandbox = Sandbox::new();
    let arguments = ["tcp-upper", "--idle-timeout", "0.5"];
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    let start = Instant::now();
    let (mut silent, mut speaking) = (connect(&address), connect(&address));
    silent.set_nonblocking(true).unwrap();
    while !matches!(silent.read(&mut [0]), Ok(0)) {
        assert!(start.elapsed() < DEADLINE);
        // Sends something several times in the allowed time, because an answer takes less than
        // that.
        assert_served(&mut speaking);
    }
    assert!(start.elapsed() >= Duration::from_millis(450), "{:?}", start.elapsed());
    server.wait_for("[TU-7] closed: no byte within 0.5 s (client 127.0.0.1:");
    assert_served(&mut speaking);
}

#[test]
fn a_command_that_takes_longer_than_its_client_may_idle_is_answered() {
    let sandbox = Sandbox::new();
    let arguments = ["remote-command", "--idle-timeout", "0.2"];
    let (_server, address) = Process::server(&sandbox, &arguments, None);
    let mut stream = connect(&address);
    stream.write_all(b"sleep 1; echo done").unwrap();
    assert!(read_exactly(&mut stream, 4 + 16 + 5).ends_with(b"done\n"));
}

#[test]
fn a_connection_lasts_no_longer_than_it_may_however_much_is_said() {
    let sandbox = Sandbox::new();
    let arguments = ["tcp-upper", "--total-timeout", "0.5"];
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    let mut stream = connect(&address);
    let start = Instant::now();
    while stream.write_all(b"x").is_ok() && matches!(stream.read(&mut [0]), Ok(1)) {
        assert!(start.elapsed() < DEADLINE);
    }
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
    server.wait_for("[TU-7] closed: not done within 0.5 s (client 127.0.0.1:");
}

#[test]
fn who_takes_an_answer_too_slowly_loses_it_by_a_reset_and_the_others_get_theirs() {
    let sandbox = Sandbox::new();
    sandbox.write("source", vec![b'x'; 64 << 20]);
    let limits = ["--min-rate", "1000000", "--rate-window", "0.5"];
    let arguments = [&["file-transfer", "source"], &limits[..]].concat();
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    let mut slow = connect(&address);
    read_exactly(&mut slow, 1000);
    server.wait_for("[FT-11] closed: ");
    let mut rest = Vec::new();
    let end = slow.read_to_end(&mut rest).unwrap_err();
    assert_eq!(end.kind(), std::io::ErrorKind::ConnectionReset);
    let mut quick = connect(&address);
    quick.read_to_end(&mut rest).unwrap();
    assert!(rest.len() > 64 << 20);
}

#[test]
fn who_begins_a_message_and_drips_it_is_closed() {
    let sandbox = Sandbox::new();
    for (scenario, begin, clause) in [
        ("length-prefix", &b"\x64\0\0\0x"[..], "LP-7"),
        ("length-ack", b"100", "LA-7"),
        ("sticky", b"x", "ST-7"),
    ] {
        let limits = ["--min-rate", "1000", "--rate-window", "0.3"];
        let (mut server, address) =
            Process::server(&sandbox, &[&[scenario], &limits[..]].concat(), None);
        let mut silent = connect(&address);
        let mut dripping = connect(&address);
        dripping.write_all(begin).unwrap();
        let said = server.wait_for(&format!("[{clause}] closed: "));
        assert!(said.contains(" bytes within 0.3 s is too slow"), "{said}");
        drop(dripping);
        // No message has begun here, so no rate applies.
        silent.set_nonblocking(true).unwrap();
        let still_open = silent.read(&mut [0]).unwrap_err().kind();
        assert_eq!(still_open, std::io::ErrorKind::WouldBlock, "{scenario}");
    }
}

#[test]
fn a_file_or_a_dict_over_the_limit_is_an_error_at_the_start_or_closes_the_client_that_meets_it() {
    let sandbox = Sandbox::new();
    sandbox.write("source", "12345678");
    let listen = "--listen=127.0.0.1:0";
    for (option, message) in [
        ("--max-body=7", "cannot serve source: 8 bytes are over the limit of 7"),
        ("--max-dict=10", "over the limit of 10"),
    ] {
        let mut command = sandbox.command("frame-server");
        let output = command.args(["file-transfer", "source", option, listen]).output().unwrap();
        let run = crate::peers::Run::new(output, option);
        run.failed_saying(message);
    }
    let arguments = ["file-transfer", "source", "--max-body=8"];
    let (mut server, address) = Process::server(&sandbox, &arguments, None);
    sandbox.write("source", "123456789");
    assert_closed(&mut connect(&address));
    server.wait_for("[FT-11] cannot serve source: 9 bytes are over the limit of 8");
    sandbox.write("source", "1");
    let mut seen = Vec::new();
    connect(&address).read_to_end(&mut seen).unwrap();
    assert!(seen.ends_with(b"1"));
}

#[test]
fn with_0_for_a_limit_there_is_none() {
    let sandbox = Sandbox::new();
    let limits = ["max-connections", "max-per-client", "idle-timeout", "total-timeout", "min-rate"];
    let mut arguments = vec!["tcp-upper".to_owned(), "--rate-window=0".to_owned()];
    arguments.extend(limits.map(|limit| format!("--{limit}=0")));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (_server, address) = Process::server(&sandbox, &arguments, None);
    let mut streams: Vec<TcpStream> = (0..300).map(|_| connect(&address)).collect();
    streams.iter_mut().for_each(assert_served);
}

#[test]
fn a_crowd_of_idle_and_slow_clients_keeps_their_places_and_nobody_waiting() {
    let mut soak = assert_cmd::Command::new(framecheck_tests::program("soak"));
    soak.args(["--idle=300", "--slow=40", "--transfers=8", "--seconds=0.3"]);
    // The rate includes the machine's other load, and `make soak` judges it. Here it only has to be
    // there.
    let output = soak.args(["--repeats=1", "--least=0.1"]).timeout(DEADLINE).output().unwrap();
    let run = crate::peers::Run::new(output, "soak");
    assert_eq!(run.status(), Some(0), "{run}");
    let told = run.stdout();
    assert!(told.contains("tcp-upper: 8 transfers beside 300 idle and 40 slow clients"), "{run}");
    assert!(told.contains("file-transfer: 8 transfers beside 0 idle and 40 slow clients"), "{run}");
}
