//! The tests of both platforms, run with the platform of this build.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, fcntl_getfl, stat};
use rustix::io::{Errno, FdFlags, fcntl_getfd};
use rustix::net::{
    AddressFamily, RecvFlags, SocketAddrUnix, SocketType, connect, getsockname, recv, recvfrom,
    send, sendto,
};
use tempfile::{TempDir, tempfile};
use tokio::io::AsyncWriteExt;

use super::*;
use crate::{Address, Datagrams, Peer, Reach, Stream, Unmoved};

fn is_closed_by_exec(fd: impl AsFd) -> bool {
    fcntl_getfd(fd).unwrap().contains(FdFlags::CLOEXEC)
}

/// Bytes without repetition, so that a misplaced part shows.
fn bytes(len: u32) -> Vec<u8> {
    (0..len).map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect()
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn content(mut file: &File) -> Vec<u8> {
    file.rewind().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Where a Unix socket is bound, unless its name is not a file's.
fn path_of(socket: &OwnedFd) -> Option<PathBuf> {
    let socket = UnixDatagram::from(socket.try_clone().unwrap());
    let bound = socket.local_addr().unwrap();
    assert!(!bound.is_unnamed());
    bound.as_pathname().map(Path::to_owned)
}

#[test]
fn a_socket_is_of_its_family_and_type_and_closed_by_an_exec() {
    for family in [AddressFamily::INET, AddressFamily::INET6, AddressFamily::UNIX] {
        for kind in [SocketType::STREAM, SocketType::DGRAM] {
            let socket = socket(family, kind).unwrap();
            assert_eq!(family_of(&socket).unwrap(), family);
            assert_eq!(rustix::net::sockopt::socket_type(&socket).unwrap(), kind);
            assert!(is_closed_by_exec(&socket));
            assert!(!fcntl_getfl(&socket).unwrap().contains(OFlags::NONBLOCK));
        }
    }
}

#[test]
fn a_pair_of_sockets_is_connected_and_closed_by_an_exec() {
    let (left, right) = socket_pair().unwrap();
    assert!(is_closed_by_exec(&left) && is_closed_by_exec(&right));
    assert_eq!(family_of(&left).unwrap(), AddressFamily::UNIX);
    assert_eq!(send(&left, b"hi", QUIETLY), Ok(2));
    let mut buffer = [0; 8];
    assert_eq!(recv(&right, &mut buffer, RecvFlags::empty()).unwrap().0, 2);
    assert_eq!(&buffer[..2], b"hi");
}

#[test]
fn sending_to_a_peer_who_is_gone_is_an_error_and_no_signal() {
    for flags in [QUIETLY, END_FOLLOWS] {
        let (left, right) = socket_pair().unwrap();
        drop(right);
        assert_eq!(send(&left, b"hi", flags), Err(Errno::PIPE));
    }
}

#[test]
fn a_listener_at_a_path_has_the_mode_that_was_asked_for_and_never_blocks() {
    let directory = TempDir::new().unwrap();
    for (name, mode) in [("any", None), ("own", Some(Mode::RUSR | Mode::WUSR))] {
        let path = directory.path().join(name);
        let listener = listen_at(&path, mode, 1).unwrap();
        assert!(is_closed_by_exec(&listener));
        assert_eq!(rustix::net::accept(&listener).unwrap_err(), Errno::AGAIN);
        let _client = UnixStream::connect(&path).unwrap();
        rustix::net::accept(&listener).unwrap();
        let found = path.metadata().unwrap().permissions().mode();
        assert!(mode.is_none() || found & 0o777 == 0o600, "{found:o}");
        assert_eq!(listen_at(&path, mode, 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}

#[test]
fn a_chosen_name_is_nobody_elses_can_be_answered_and_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    let at = directory.path().join("server");
    let server = UnixDatagram::bind(&at).unwrap();
    let at = SocketAddrUnix::new(&at).unwrap();
    let mut senders = Vec::new();
    for _ in 0..2 {
        let client = socket(AddressFamily::UNIX, SocketType::DGRAM).unwrap();
        let name = ChosenName::bind(&client).unwrap();
        sendto(&client, b"question", QUIETLY, &at).unwrap();
        let mut buffer = [0; 16];
        let (len, _, from) = recvfrom(&server, &mut buffer, RecvFlags::empty()).unwrap();
        assert_eq!(
            (&buffer[..len], &from),
            (&b"question"[..], &Some(getsockname(&client).unwrap()))
        );
        sendto(&server, b"answer", QUIETLY, &from.unwrap()).unwrap();
        let (len, _) = recv(&client, &mut buffer, RecvFlags::empty()).unwrap();
        assert_eq!(&buffer[..len], b"answer");
        senders.push((client, name));
    }
    assert_ne!(getsockname(&senders[0].0).unwrap(), getsockname(&senders[1].0).unwrap());
    let paths: Vec<PathBuf> = senders.iter().filter_map(|(client, _)| path_of(client)).collect();
    assert!(paths.iter().all(|path| path.exists()));
    drop(senders);
    assert!(paths.iter().all(|path| !path.exists() && !path.parent().unwrap().exists()));
}

#[test]
fn a_stream_socket_with_a_chosen_name_can_be_connected_to() {
    let listener = socket(AddressFamily::UNIX, SocketType::STREAM).unwrap();
    let _name = ChosenName::bind(&listener).unwrap();
    rustix::net::listen(&listener, 1).unwrap();
    let client = socket(AddressFamily::UNIX, SocketType::STREAM).unwrap();
    connect(&client, &getsockname(&listener).unwrap()).unwrap();
}

#[tokio::test]
async fn a_client_of_datagrams_is_answered_and_a_receiver_without_room_would_block() {
    let directory = TempDir::new().unwrap();
    let at: Address = format!("unix:{}", directory.path().join("s").display()).parse().unwrap();
    let server = Datagrams::bind(&at, Reach::User).await.unwrap();
    let (client, to) = Datagrams::to(&at).await.unwrap();
    client.send_to(b"question", &to).await.unwrap();
    let mut buffer = [0; 16];
    let (len, from) = server.recv_from(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..len], b"question");
    assert_ne!(from, Peer::Unnamed);
    server.send_to(b"answer", &from).await.unwrap();
    let (len, from) = client.recv_from(&mut buffer).await.unwrap();
    assert_eq!((&buffer[..len], from), (&b"answer"[..], to.clone()));

    let full = loop {
        if let Err(error) = client.offer(&[b'x'; 1024], &to).await {
            break error;
        }
    };
    assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
    let error = server.offer(b"answer", &Peer::Unnamed).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
}

#[test]
fn a_file_is_sent_from_an_offset_to_its_end_as_the_socket_takes_it() {
    let sent = bytes(3_000_000);
    let file = file_of(&sent);
    let (left, right) = UnixStream::pair().unwrap();
    let reader = std::thread::spawn(move || {
        let mut received = Vec::new();
        (&right).read_to_end(&mut received).map(|_| received)
    });
    let mut offset = 7;
    loop {
        let before = offset;
        let moved = send_file(&left, &file, &mut offset, 1 << 20).unwrap();
        assert!(moved <= 1 << 20);
        assert_eq!(offset, before + moved as u64);
        if moved == 0 {
            break;
        }
    }
    assert_eq!(offset, sent.len() as u64);
    drop(left);
    assert!(reader.join().unwrap().unwrap() == sent[7..]);
}

#[test]
fn a_file_is_sent_no_further_than_was_asked_for() {
    let (left, mut right) = UnixStream::pair().unwrap();
    let mut offset = 1;
    assert_eq!(send_file(&left, &file_of(b"abcdef"), &mut offset, 3).unwrap(), 3);
    drop(left);
    let mut received = Vec::new();
    right.read_to_end(&mut received).unwrap();
    assert_eq!((offset, &received[..]), (4, &b"bcd"[..]));
}

#[test]
fn a_socket_that_takes_no_more_of_a_file_would_block_and_the_offset_stays() {
    let (left, right) = UnixStream::pair().unwrap();
    left.set_nonblocking(true).unwrap();
    let sent = bytes(3_000_000);
    let (file, mut offset) = (file_of(&sent), 0);
    let error = loop {
        if let Err(error) = send_file(&left, &file, &mut offset, 1 << 20) {
            break error;
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    drop(left);
    let mut received = Vec::new();
    (&right).read_to_end(&mut received).unwrap();
    assert!(received == sent[..usize::try_from(offset).unwrap()]);
    drop(right);
}

#[tokio::test]
async fn what_a_stream_brings_is_moved_and_nothing_behind_it() {
    let sent = bytes(3_000_000);
    for mut mover in [Mover::new(), Mover::through_a_buffer()] {
        let (mut far, near) = tokio::net::UnixStream::pair().unwrap();
        let (near, file) = (Stream::Unix(near), tempfile().unwrap());
        let send = async {
            far.write_all(&sent).await.unwrap();
            far.shutdown().await.unwrap();
        };
        let receive = async {
            let mut left = 2_999_999;
            while left > 0 {
                let moved = near.move_into(&file, &mut mover, left).await.unwrap();
                assert!(moved > 0 && moved <= left);
                left -= moved;
            }
            assert!(content(&file) == sent[..2_999_999]);
            assert_eq!(near.move_into(&file, &mut mover, 5).await.unwrap(), 1);
            assert_eq!(near.move_into(&file, &mut mover, 5).await.unwrap(), 0);
        };
        tokio::join!(send, receive);
        assert!(content(&file) == sent);
    }
}

/// Linux moves nothing into such a file by splice(2).
#[tokio::test]
async fn what_a_stream_brings_can_be_appended() {
    let directory = TempDir::new().unwrap();
    for (name, mut mover) in [("new", Mover::new()), ("buffer", Mover::through_a_buffer())] {
        let path = directory.path().join(name);
        let file = File::options().append(true).create_new(true).open(&path).unwrap();
        let (mut far, near) = tokio::net::UnixStream::pair().unwrap();
        far.write_all(b"content").await.unwrap();
        let moved = Stream::Unix(near).move_into(&file, &mut mover, 100).await.unwrap();
        assert_eq!((moved, std::fs::read(&path).unwrap()), (7, b"content".to_vec()));
    }
}

#[tokio::test]
async fn a_move_says_which_side_it_failed_at() {
    for new in [Mover::new, Mover::through_a_buffer] {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "").unwrap();
        let only_read = File::open(&path).unwrap();
        let (mut far, near) = tokio::net::UnixStream::pair().unwrap();
        far.write_all(b"content").await.unwrap();
        let failed = Stream::Unix(near).move_into(&only_read, &mut new(), 100).await;
        assert!(matches!(failed, Err(Unmoved::Write(_))), "{failed:?}");

        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let near = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().unwrap();
        far.set_nonblocking(true).unwrap();
        tokio::net::TcpStream::from_std(far).unwrap().set_zero_linger().unwrap();
        let file = tempfile().unwrap();
        let failed = Stream::Tcp(near).move_into(&file, &mut new(), 100).await;
        assert!(matches!(failed, Err(Unmoved::Receive(_))), "{failed:?}");
    }
}

#[test]
fn a_line_is_written_whole_or_not_at_all_where_that_needs_no_waiting() {
    let (mut reader, writer) = io::pipe().unwrap();
    let line = [b'x'; 500];
    let mut written = 0;
    while write_if_room(&writer, &line).unwrap() {
        written += line.len();
        assert!(written < 1 << 24, "a pipe of no end");
    }
    assert!(!write_if_room(&writer, &[b'x'; 5000]).unwrap());
    drop(writer);
    let mut received = Vec::new();
    reader.read_to_end(&mut received).unwrap();
    assert_eq!(received.len(), written);
}

#[test]
fn a_child_is_killed() {
    let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    kill_with_descendants(rustix::process::Pid::from_child(&child));
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

#[test]
fn the_null_device_is_told_from_others() {
    assert!(is_null(stat("/dev/null").unwrap().st_rdev));
    assert!(!is_null(stat("/dev/zero").unwrap().st_rdev));
    assert!(!is_null(stat("/dev/tty").unwrap().st_rdev));
}

#[test]
fn a_full_receiver_is_told_from_other_errors() {
    assert!(is_full(Errno::AGAIN));
    assert!(!is_full(Errno::CONNREFUSED) && !is_full(Errno::NOENT));
}

#[test]
fn an_abstract_name_is_an_address_or_an_error_that_says_so() {
    match abstract_address(b"name") {
        Ok(address) => assert_eq!(address.path_bytes(), None),
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::Unsupported),
    }
}
