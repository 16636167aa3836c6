//! Tests that both modules behave in the same way, as far as a caller can see.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Command, Stdio};

use rustix::io::{FdFlags, fcntl_getfd};
use rustix::net::{AddressFamily, SocketType, listen};
use rustix::process::{Pid, WaitId, WaitIdOptions, getpgrp, getpid, waitid};

use super::*;

#[test]
fn a_process_of_which_a_thread_runs_is_not_asleep_nor_is_one_that_is_not_there() {
    let mut busy = Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
    let pid = Pid::from_child(&busy);
    let began = std::time::Instant::now();
    while processor_time(pid) < Duration::from_millis(50) {
        assert!(began.elapsed() < Duration::from_secs(60));
    }
    assert!(!is_asleep(pid));
    assert!(!is_asleep(Pid::from_raw(i32::MAX).unwrap()));
    busy.kill().unwrap();
    busy.wait().unwrap();
}

#[test]
fn a_process_that_waits_for_its_input_falls_asleep_and_one_that_has_ended_does_not_sleep() {
    let mut cat = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_child(&cat);
    while !is_asleep(pid) {}
    drop(cat.stdin.take());
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(pid), ended).unwrap();
    assert!(!is_asleep(pid));
    cat.wait().unwrap();
}

#[test]
fn a_process_that_is_busy_uses_time_and_one_that_is_not_there_none() {
    let own = getpid();
    let before = processor_time(own);
    while processor_time(own) < before + Duration::from_millis(10) {
        std::hint::black_box(vec![0_u8; 4096]);
    }
    assert_eq!(processor_time(Pid::from_raw(i32::MAX).unwrap()), Duration::ZERO);
}

#[test]
fn where_a_process_listens_is_told() {
    let stream = TcpListener::bind("127.0.0.1:0").unwrap();
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    let told = listening(getpgrp());
    assert!(told.contains(&stream.local_addr().unwrap().to_string()), "{told:?}");
    let datagrams = format!("{} (UDP)", datagrams.local_addr().unwrap());
    assert!(told.contains(&datagrams), "{told:?}");
}

#[test]
fn a_bound_port_is_seen_and_a_free_one_is_not() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    assert!(udp_is_bound(port).unwrap());
    drop(socket);
    assert!(!udp_is_bound(port).unwrap());
}

#[test]
fn a_server_is_seen_at_its_own_address_alone() {
    let at = |ip: [u8; 4], port| SocketAddr::from((ip, port));
    let (local, other) = ([127, 0, 0, 1], [127, 0, 0, 2]);
    // Not every system has a second address of its own, or says which streams are open.
    if let Ok(stream) = TcpListener::bind(at(other, 0)) {
        let port = stream.local_addr().unwrap().port();
        assert_ne!(is_served(at(other, port), false), Some(false));
        assert_ne!(is_served(at(local, port), false), Some(true));
    }
    let datagrams = UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = datagrams.local_addr().unwrap().port();
    assert_eq!(is_served(at(local, port), true), Some(true));
    drop(datagrams);
    assert_eq!(is_served(at(local, port), true), Some(false));
}

#[test]
fn a_name_is_had_by_one_at_a_time() {
    let name = format!("framecheck-test-{}", getpid().as_raw_pid());
    let claim = PortClaim::take(&name).unwrap();
    assert!(claim.is_some());
    assert!(PortClaim::take(&name).unwrap().is_none());
    drop(claim);
    assert!(PortClaim::take(&name).unwrap().is_some());
}

#[test]
fn sockets_and_connections_are_not_inherited_and_do_not_block() {
    let listener = socket(AddressFamily::INET, SocketType::STREAM).unwrap();
    let any = "127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap();
    rustix::net::bind(&listener, &any).unwrap();
    listen(&listener, 1).unwrap();
    let would_block = |error: std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    assert!(would_block(accept(&listener).unwrap_err()));
    let listener = TcpListener::from(listener);
    let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let connection = accept(&listener).unwrap();
    assert!(fcntl_getfd(&listener).unwrap().contains(FdFlags::CLOEXEC));
    assert!(fcntl_getfd(&connection).unwrap().contains(FdFlags::CLOEXEC));
    assert!(would_block(rustix::io::read(&connection, &mut [0; 1]).unwrap_err().into()));
}

#[test]
fn the_peak_of_this_process_is_counted_in_bytes() {
    assert!((1 << 20..1 << 40).contains(&own_peak_bytes()), "{}", own_peak_bytes());
}
