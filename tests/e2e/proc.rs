//! What the kernel knows about a running process, and about our connection to it.

#![cfg(test)]

use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use framecheck_tests::DEADLINE;
use rustix::process::Pid;

/// How many ticks of processor time it uses within this time. A second has a hundred ticks.
pub(crate) fn ticks_in(pid: Pid, window: Duration) -> u64 {
    let before = ticks(pid);
    // There is no event to wait for: nothing should happen.
    let (_never, nothing) = mpsc::channel::<()>();
    assert_eq!(nothing.recv_timeout(window), Err(mpsc::RecvTimeoutError::Timeout));
    ticks(pid) - before
}

/// `utime` and `stime` of proc_pid_stat(5).
fn ticks(pid: Pid) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    after_name.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}

/// How many descriptors it has open.
pub(crate) fn descriptors(pid: Pid) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// Waits until everything that was sent over a connection within this machine has been read at its
/// other end.
#[track_caller]
pub(crate) fn wait_until_read(stream: &TcpStream) {
    let (here, there) = (stream.local_addr().unwrap(), stream.peer_addr().unwrap());
    let until = Instant::now() + DEADLINE;
    while queued(here, there).0 + queued(there, here).1 > 0 {
        assert!(Instant::now() < until, "{there} doesn't read");
        std::thread::yield_now();
    }
}

/// Bytes that wait to be acknowledged, and to be read, at the end `here` of a connection: from
/// proc_net_tcp(5).
fn queued(here: SocketAddr, there: SocketAddr) -> (u64, u64) {
    let hex = |address: SocketAddr| match address {
        SocketAddr::V4(v4) => {
            format!("{:08X}:{:04X}", u32::from_ne_bytes(v4.ip().octets()), v4.port())
        }
        SocketAddr::V6(_) => panic!("{address} is not in this table"),
    };
    let ends = format!(" {} {} ", hex(here), hex(there));
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let line = table.lines().find(|line| line.contains(&ends));
    let queues = line.and_then(|line| line.split_whitespace().nth(4)).unwrap_or("0:0");
    let (to_send, to_read) = queues.split_once(':').unwrap();
    let number = |hex: &str| u64::from_str_radix(hex, 16).unwrap();
    (number(to_send), number(to_read))
}
