//! Tests of disturbed streams with real programs: blocking sockets at both ends of a recorder.

use std::fmt::Debug;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc;
use std::time::Duration;

use model::Endpoint;
use model::case::{Network, Transport};
use model::observation::{Direction, WireItem, WireLog};
use rustix::net::sockopt;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Disturbance, Patience, Recorder, Recording, Sides};

const TRANSPORTS: [Transport; 3] = [Transport::Tcp4, Transport::Tcp6, Transport::Unix];
/// All tests need less than a hundredth of this, so only a hang exceeds it, even on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    fn connect(endpoint: &Endpoint) -> Self {
        match endpoint {
            Endpoint::Inet(address) => Self::Tcp(TcpStream::connect(address).unwrap()),
            Endpoint::Path(path) => Self::Unix(UnixStream::connect(path).unwrap()),
        }
    }

    /// The result of one recv(2).
    fn recv(&mut self) -> Result<Vec<u8>, ErrorKind> {
        let mut buffer = vec![0; 1 << 20];
        let read = match self {
            Self::Tcp(stream) => stream.read(&mut buffer),
            Self::Unix(stream) => stream.read(&mut buffer),
        };
        buffer.truncate(read.map_err(|error| error.kind())?);
        Ok(buffer)
    }

    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes.as_ref()).unwrap(),
            Self::Unix(stream) => stream.write_all(bytes.as_ref()).unwrap(),
        }
    }

    fn end(&self) {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write).unwrap(),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write).unwrap(),
        }
    }

    fn break_off(self) {
        if let Self::Tcp(stream) = self {
            sockopt::set_socket_linger(stream, Some(Duration::ZERO)).unwrap();
        }
    }

    fn be_patient_for(&self, time: Duration) {
        match self {
            Self::Tcp(stream) => stream.set_read_timeout(Some(time)).unwrap(),
            Self::Unix(stream) => stream.set_read_timeout(Some(time)).unwrap(),
        }
    }

    /// The results of each recv(2) until the end, and the kind of end: nothing, or an error.
    fn recv_all(&mut self) -> (Vec<Vec<u8>>, Option<ErrorKind>) {
        let mut pieces = Vec::new();
        loop {
            match self.recv() {
                Ok(piece) if piece.is_empty() => return (pieces, None),
                Ok(piece) => pieces.push(piece),
                Err(error) => return (pieces, Some(error)),
            }
        }
    }
}

enum Server {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Server {
    fn listen(transport: Transport, directory: &std::path::Path) -> (Self, Endpoint) {
        if transport.is_path() {
            let path = directory.join("server");
            return (Self::Unix(UnixListener::bind(&path).unwrap()), Endpoint::Path(path));
        }
        let listener = TcpListener::bind((Endpoint::loopback(transport), 0)).unwrap();
        let address = listener.local_addr().unwrap();
        (Self::Tcp(listener), Endpoint::Inet(address))
    }

    fn accept(&self) -> Socket {
        match self {
            Self::Tcp(listener) => Socket::Tcp(listener.accept().unwrap().0),
            Self::Unix(listener) => Socket::Unix(listener.accept().unwrap().0),
        }
    }
}

/// Plays a server and a client over this network. Nothing may be left when both have ended.
async fn play<S: Send + 'static, C: Send + 'static>(
    transport: Transport,
    network: &str,
    server: impl FnOnce(&Server) -> S + Send + 'static,
    client: impl FnOnce(Socket, Recording) -> C + Send + 'static,
) -> (S, C, WireLog) {
    let disturbance = Disturbance::new(network.parse::<Network>().unwrap(), 5);
    play_with(transport, disturbance, Patience::BothHaveEnded, server, client).await
}

async fn play_with<S: Send + 'static, C: Send + 'static>(
    transport: Transport,
    disturbance: Disturbance,
    patience_at_the_end: Patience,
    server: impl FnOnce(&Server) -> S + Send + 'static,
    client: impl FnOnce(Socket, Recording) -> C + Send + 'static,
) -> (S, C, WireLog) {
    let directory = tempfile::tempdir().unwrap();
    let (listening, endpoint) = Server::listen(transport, directory.path());
    let sides = Sides::here(transport, endpoint, directory.path().to_owned());
    let recorder = Recorder::bind(&sides).unwrap();
    let to = recorder.client_endpoint().unwrap();
    let recording = Recording::start();
    let (patience, patient) = watch::channel(Patience::Full);
    let passing = tokio::spawn(recorder.pass(recording.clone(), patient, disturbance));
    let served = spawn_blocking(move || server(&listening));
    let seen = recording.clone();
    let asked = spawn_blocking(move || client(Socket::connect(&to), seen));
    let both = async { (served.await.unwrap(), asked.await.unwrap()) };
    let (served, asked) = timeout(DEADLINE, both).await.expect("a program hangs");
    patience.send_replace(patience_at_the_end);
    timeout(DEADLINE, passing).await.expect("the recorder hangs").unwrap().unwrap();
    (served, asked, recording.snapshot())
}

fn one_client(serve: impl FnOnce(&mut Socket)) -> impl FnOnce(&Server) {
    |server| serve(&mut server.accept())
}

fn lens(pieces: &[Vec<u8>]) -> Vec<usize> {
    pieces.iter().map(Vec::len).collect()
}

fn faults(log: &WireLog) -> Vec<Direction> {
    let faults = log.events.iter().filter(|event| event.what == WireItem::Fault);
    faults.map(|event| event.direction).collect()
}

/// What the server sends in one piece, as the client's recv(2) calls return it.
async fn received(transport: Transport, network: &str, sent: &'static [u8]) -> Vec<Vec<u8>> {
    let serve = one_client(move |socket| socket.send(sent));
    let (_, (pieces, error), log) =
        play(transport, network, serve, |mut socket, _| socket.recv_all()).await;
    assert_eq!(error, None, "{transport} {network}");
    let delivered: Vec<&[u8]> = log.delivered(0, Direction::ToClient).collect();
    assert_eq!(pieces, delivered, "{transport} {network}");
    pieces
}

fn assert_all<T: PartialEq + Debug>(pieces: &[T], expected: &T) {
    assert!(pieces.iter().all(|piece| piece == expected), "{pieces:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytewise_gives_each_recv_one_byte() {
    for transport in TRANSPORTS {
        let pieces = received(transport, "bytewise", &[b'x'; 100]).await;
        assert_eq!(pieces.len(), 100);
        assert_all(&lens(&pieces), &1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_gives_each_recv_one_segment_and_the_same_ones_every_time() {
    for transport in TRANSPORTS {
        let sent = &[b'x'; 4000];
        let pieces = received(transport, "random", sent).await;
        assert!(pieces.len() > 3);
        assert_eq!(pieces, received(transport, "random", sent).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn split_cuts_at_its_places_alone() {
    for transport in TRANSPORTS {
        let pieces = received(transport, "split@4+30", &[b'x'; 100]).await;
        assert_eq!(lens(&pieces), [4, 26, 70]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn split_and_coalesced_merge_what_was_sent_in_pieces() {
    for transport in TRANSPORTS {
        for (network, expected) in
            [("split@4+6", &[4, 2][..]), ("coalesced", &[6]), ("split@9", &[6])]
        {
            let serve = one_client(|socket| "abcdef".bytes().for_each(|byte| socket.send([byte])));
            let (_, (pieces, _), _) =
                play(transport, network, serve, |mut socket, _| socket.recv_all()).await;
            assert_eq!(lens(&pieces), expected, "{transport} {network}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn held_bytes_go_on_when_their_sender_waits_for_an_answer() {
    for network in ["coalesced", "split-both@9", "split-up@9"] {
        let serve = one_client(|socket| {
            let question = socket.recv().unwrap();
            socket.send(question.to_ascii_uppercase());
        });
        let ask = |mut socket: Socket, _| {
            socket.send("a");
            socket.send("b");
            socket.recv_all()
        };
        let (_, answer, _) = play(Transport::Tcp4, network, serve, ask).await;
        assert_eq!(answer, (vec![b"AB".to_vec()], None), "{network}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_begins_late_sees_the_same_cuts() {
    for transport in TRANSPORTS {
        // It is not even accepted before everything was sent.
        let (sent, all_sent) = mpsc::channel();
        let serve = move |server: &Server| {
            all_sent.recv().unwrap();
            server.accept().recv_all()
        };
        let send = move |mut socket: Socket, _| {
            socket.send("abcde");
            socket.end();
            sent.send(()).unwrap();
            socket.recv_all()
        };
        let ((pieces, _), _, _) = play(transport, "bytewise", serve, send).await;
        assert_eq!(lens(&pieces), [1, 1, 1, 1, 1], "{transport}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn delayed_changes_no_byte_and_loses_none() {
    for transport in TRANSPORTS {
        assert_eq!(received(transport, "delayed", b"abc").await, [b"abc"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_stream_passes_bytewise_and_coalesced() {
    let len = 1 << 20;
    for network in ["bytewise", "random", "coalesced"] {
        let serve = one_client(move |socket| socket.send(vec![b'x'; len]));
        let (_, (pieces, error), _) =
            play(Transport::Tcp4, network, serve, |mut socket, _| socket.recv_all()).await;
        assert_eq!((lens(&pieces).iter().sum::<usize>(), error), (len, None), "{network}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_ends_both_ways_after_its_bytes_and_hears_what_is_still_said() {
    for transport in TRANSPORTS {
        for (network, len) in [("cut@0", 0), ("cut@3", 3), ("cut@6", 6)] {
            let serve = |server: &Server| {
                let mut socket = server.accept();
                socket.send("abcdef");
                socket.recv_all()
            };
            let ask = |mut socket: Socket, _| {
                let answer = socket.recv_all();
                socket.send("late");
                answer
            };
            let (server_saw, (pieces, error), log) = play(transport, network, serve, ask).await;
            assert_eq!(server_saw, (vec![], None), "{transport} {network}");
            assert_eq!((pieces.concat(), error), (b"abcdef"[..len].to_vec(), None));
            assert_eq!(faults(&log), [Direction::ToClient]);
            assert_eq!(log.stream(Direction::ToServer), b"late");
            assert_eq!(log.stream(Direction::ToClient), b"abcdef");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_first_passes_on_what_came_the_other_way() {
    for transport in TRANSPORTS {
        let serve = |server: &Server| {
            let mut socket = server.accept();
            socket.send("abc");
            socket.recv_all()
        };
        let ask = |mut socket: Socket, recording: Recording| {
            socket.send("question");
            // Only now can the cut happen.
            while recording.snapshot().byte_count(Direction::ToServer) < 8 {
                std::thread::yield_now();
            }
            socket.recv_all()
        };
        let ((pieces, error), _, _) = play(transport, "cut@3", serve, ask).await;
        assert_eq!((pieces.concat(), error), (b"question".to_vec(), None), "{transport}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_breaks_both_ways_off_after_its_bytes() {
    for transport in TRANSPORTS {
        // A Unix stream has no reset; it ends.
        let breaks = (!transport.is_path()).then_some(ErrorKind::ConnectionReset);
        for (network, len) in [("reset@0", 0), ("reset@3", 3), ("reset@6", 6)] {
            let serve = move |server: &Server| {
                let mut socket = server.accept();
                // With no data before it, the reset may be faster.
                if len > 0 {
                    socket.send("abcdef");
                }
                socket.recv_all()
            };
            let (server_saw, (pieces, error), log) =
                play(transport, network, serve, |mut socket, _| socket.recv_all()).await;
            assert_eq!(server_saw, (vec![], breaks), "{transport} {network}");
            assert_eq!((pieces.concat(), error), (b"abcdef"[..len].to_vec(), breaks));
            assert_eq!(faults(&log), [Direction::ToClient]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stall_is_silence_both_ways_until_the_client_closes() {
    for transport in TRANSPORTS {
        let serve = |server: &Server| {
            let mut socket = server.accept();
            socket.send("abcdef");
            socket.recv_all()
        };
        let ask = |mut socket: Socket, recording: Recording| {
            let pieces = [socket.recv().unwrap()];
            while !recording.snapshot().has_fault() {
                std::thread::yield_now();
            }
            socket.send("hello?");
            socket.be_patient_for(Duration::from_millis(100));
            (pieces, socket.recv().unwrap_err())
        };
        let (server_saw, (pieces, error), log) = play(transport, "stall@3", serve, ask).await;
        assert_eq!(server_saw, (vec![], None), "{transport}");
        assert_eq!((pieces, error), ([b"abc".to_vec()], ErrorKind::WouldBlock), "{transport}");
        assert_eq!(faults(&log), [Direction::ToClient]);
        assert_eq!(log.stream(Direction::ToServer), b"hello?");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_close_ends_one_way_and_leaves_the_other() {
    for transport in TRANSPORTS {
        let serve = |server: &Server| {
            let mut socket = server.accept();
            socket.send("abc");
            let first = socket.recv().unwrap();
            socket.send("more");
            (first, socket.recv().unwrap())
        };
        let ask = |mut socket: Socket, recording: Recording| {
            let answer = socket.recv_all();
            socket.send("one");
            while recording.snapshot().byte_count(Direction::ToClient) < 7 {
                std::thread::yield_now();
            }
            socket.send("two");
            answer
        };
        let (server_saw, (pieces, error), log) = play(transport, "halfclose@2", serve, ask).await;
        assert_eq!(server_saw, (b"one".to_vec(), b"two".to_vec()), "{transport}");
        assert_eq!((pieces.concat(), error), (b"ab".to_vec(), None), "{transport}");
        assert_eq!(faults(&log), [Direction::ToClient]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flip_changes_one_bit() {
    for transport in TRANSPORTS {
        // The seed is 5.
        assert_eq!(received(transport, "flip@1", b"aaa").await, [b"aAa".to_vec()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_beyond_the_last_byte_does_not_happen() {
    for network in ["cut@4", "reset@4", "stall@4", "halfclose@4", "flip@3"] {
        let serve = one_client(|socket| socket.send("abc"));
        let (_, (pieces, error), log) =
            play(Transport::Tcp4, network, serve, |mut socket, _| socket.recv_all()).await;
        assert_eq!((pieces.concat(), error), (b"abc".to_vec(), None), "{network}");
        assert!(!log.has_fault(), "{network}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_not_concerned_passes_as_it_comes() {
    let serve = one_client(|socket| {
        socket.recv().unwrap();
        socket.send("answer");
    });
    let ask = |mut socket: Socket, _| {
        socket.send("q");
        socket.recv_all()
    };
    let (_, (pieces, _), _) = play(Transport::Tcp4, "bytewise-up", serve, ask).await;
    assert_eq!(pieces, [b"answer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_never_reads_holds_nobody_up_when_patience_ends() {
    for transport in TRANSPORTS {
        let (ended, client_has_ended) = mpsc::channel();
        let serve = move |server: &Server| {
            let socket = server.accept();
            client_has_ended.recv().unwrap();
            // Still open while the recorder ends.
            socket
        };
        let ask = move |mut socket: Socket, _| {
            socket.send("abc");
            drop(socket);
            ended.send(()).unwrap();
        };
        let network = Disturbance::new("bytewise".parse().unwrap(), 0);
        let (_, (), log) = play_with(transport, network, Patience::None, serve, ask).await;
        let delivered = log.delivered(0, Direction::ToServer).count();
        assert!(delivered <= 1, "{transport}: {delivered}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_has_gone_is_waited_for_by_nobody() {
    for transport in TRANSPORTS {
        let serve = |server: &Server| drop(server.accept());
        let ask = |mut socket: Socket, _| {
            let end = socket.recv_all();
            socket.send("abc");
            socket.end();
            end
        };
        let (_, _, log) = play(transport, "bytewise", serve, ask).await;
        assert_eq!(log.stream(Direction::ToServer), b"abc", "{transport}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_breaks_off_breaks_everything_off_after_what_it_sent() {
    let serve = |server: &Server| server.accept().recv_all();
    let ask = |mut socket: Socket, _| {
        socket.send("abc");
        socket.break_off();
    };
    let ((pieces, error), (), _) = play(Transport::Tcp4, "bytewise", serve, ask).await;
    assert_eq!(error, Some(ErrorKind::ConnectionReset));
    assert_eq!(pieces.concat(), b"abc");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_the_disturbance_passes_undisturbed() {
    let disturbance = Disturbance::new("bytewise".parse().unwrap(), 0);
    disturbance.end();
    let serve = one_client(|socket| socket.send("abc"));
    let ask = |mut socket: Socket, _| socket.recv_all();
    let end = Patience::BothHaveEnded;
    let (_, (pieces, _), log) = play_with(Transport::Tcp4, disturbance, end, serve, ask).await;
    assert_eq!(pieces, [b"abc"]);
    assert_eq!(log.delivered(0, Direction::ToClient).count(), 0);
}
