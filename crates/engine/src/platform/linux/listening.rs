//! Where the programs of a process group wait for clients, as the kernel knows it.

use std::collections::HashSet;

use procfs::net::{TcpState, tcp, tcp6, udp, udp6, unix};
use procfs::process::{FDTarget, Process, all_processes};
use rustix::process::Pid;

/// Each address at which a process of this group listens, or has bound a datagram socket; none
/// where the kernel doesn't tell.
pub(crate) fn listening(group: Pid) -> Vec<String> {
    let members = all_processes().into_iter().flatten().flatten();
    let of_group =
        |process: &Process| process.stat().is_ok_and(|stat| stat.pgrp == group.as_raw_pid());
    let inodes: HashSet<u64> = members.filter(of_group).flat_map(|it| sockets(&it)).collect();
    let streams = [tcp(), tcp6()].into_iter().flatten().flatten();
    let streams = streams.filter(|entry| entry.state == TcpState::Listen);
    let streams = streams.map(|entry| (entry.inode, entry.local_address.to_string()));
    let datagrams = [udp(), udp6()].into_iter().flatten().flatten();
    let datagrams = datagrams.map(|entry| (entry.inode, format!("{} (UDP)", entry.local_address)));
    let paths = unix().into_iter().flatten();
    let paths = paths.filter_map(|entry| Some((entry.inode, entry.path?.display().to_string())));
    let all = streams.chain(datagrams).chain(paths);
    all.filter(|(inode, _)| inodes.contains(inode)).map(|(_, address)| address).collect()
}

/// The numbers of the sockets that a process has open.
fn sockets(process: &Process) -> Vec<u64> {
    let open = process.fd().into_iter().flatten().flatten();
    open.filter_map(|open| match open.target {
        FDTarget::Socket(inode) => Some(inode),
        _ => None,
    })
    .collect()
}
