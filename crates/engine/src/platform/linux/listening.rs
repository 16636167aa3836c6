//! Where the programs of a process group wait for clients, according to the kernel.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;

use procfs::ProcResult;
use procfs::net::{TcpState, tcp, tcp6, udp, udp6, unix};
use procfs::process::{FDTarget, Process, all_processes};
use rustix::process::Pid;

/// The state of a socket that listens, in /proc/net/tcp.
const LISTENS: &str = "0A";

/// Each address where a process of this group listens, or has bound a datagram socket. Empty if the kernel does
/// not say.
pub(crate) fn listening(group: Pid) -> Vec<String> {
    let members = all_processes().into_iter().flatten().flatten();
    let of_group =
        |process: &Process| process.stat().is_ok_and(|stat| stat.pgrp == group.as_raw_pid());
    let inodes: HashSet<u64> = members.filter(of_group).flat_map(|it| sockets(&it)).collect();
    // The network namespace of its leader, which may not be this process's.
    let leader = Process::new(group.as_raw_pid());
    let (tcp4, tcp6) = (of(&leader, Process::tcp, tcp), of(&leader, Process::tcp6, tcp6));
    let (udp4, udp6) = (of(&leader, Process::udp, udp), of(&leader, Process::udp6, udp6));
    let streams = [tcp4, tcp6].into_iter().flatten().flatten();
    let streams = streams.filter(|entry| entry.state == TcpState::Listen);
    let streams = streams.map(|entry| (entry.inode, entry.local_address.to_string()));
    let datagrams = [udp4, udp6].into_iter().flatten().flatten();
    let datagrams = datagrams.map(|entry| (entry.inode, format!("{} (UDP)", entry.local_address)));
    let paths = unix().into_iter().flatten();
    let paths = paths.filter_map(|entry| Some((entry.inode, entry.path?.display().to_string())));
    let all = streams.chain(datagrams).chain(paths);
    all.filter(|(inode, _)| inodes.contains(inode)).map(|(_, address)| address).collect()
}

/// A table of the network namespace of a process; of this process's, if that process has ended.
fn of<T>(
    process: &ProcResult<Process>,
    theirs: impl Fn(&Process) -> ProcResult<T>,
    own: fn() -> ProcResult<T>,
) -> ProcResult<T> {
    process.as_ref().ok().and_then(|process| theirs(process).ok()).map_or_else(own, Ok)
}

/// Whether any program listens at this address, or has bound a datagram socket there, to the address itself or
/// to all addresses. `None` if the kernel does not say.
pub(crate) fn is_served(address: SocketAddr, is_datagram: bool) -> Option<bool> {
    let wanted = address.ip().to_canonical();
    let takes = |local: SocketAddr| {
        let ip = local.ip().to_canonical();
        let is_any = ip.is_unspecified() && (ip.is_ipv6() || wanted.is_ipv4());
        local.port() == address.port() && (ip == wanted || is_any)
    };
    if is_datagram {
        let (v4, v6) = (udp().ok()?, udp6().unwrap_or_default());
        return Some(v4.into_iter().chain(v6).any(|entry| takes(entry.local_address)));
    }
    let (v4, v6) = (tcp().ok()?, tcp6().unwrap_or_default());
    let mut listening = v4.into_iter().chain(v6).filter(|entry| entry.state == TcpState::Listen);
    Some(listening.any(|entry| takes(entry.local_address)))
}

/// Whether any program listens on this TCP port; `None` if the kernel does not say.
pub(crate) fn tcp_is_listened_on(port: u16) -> Option<bool> {
    tcp_is_listened_on_in(Path::new("/proc/net"), port)
}

/// The same for the network namespace whose tables are in this directory.
pub(super) fn tcp_is_listened_on_in(tables: &Path, port: u16) -> Option<bool> {
    let listens = |table: &str| -> Option<bool> {
        let lines = BufReader::new(File::open(tables.join(table)).ok()?)
            .lines()
            .skip(1)
            .map_while(Result::ok);
        // Listening sockets come first. After them may be thousands of ended connections.
        let mut listening = lines.map_while(|line| {
            let mut fields = line.split_ascii_whitespace().skip(1);
            let (local, state) = (fields.next()?, fields.nth(1)?);
            let (_, port) = local.rsplit_once(':')?;
            (state == LISTENS).then(|| u16::from_str_radix(port, 16).ok())
        });
        Some(listening.any(|found| found == Some(port)))
    };
    let over_ipv4 = listens("tcp")?;
    Some(over_ipv4 || listens("tcp6").unwrap_or_default())
}

/// The inode numbers of a process's open sockets.
fn sockets(process: &Process) -> Vec<u64> {
    let open = process.fd().into_iter().flatten().flatten();
    open.filter_map(|open| match open.target {
        FDTarget::Socket(inode) => Some(inode),
        _ => None,
    })
    .collect()
}
