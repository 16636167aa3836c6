//! `socket-api`: makes each call of the socket module's catalogue, only on this machine, and prints
//! its result.
//!
//! Source: `python-ref/socket-api/demo.py`. Every line is the result of a call that this program
//! made, shown as Python shows it. The program serves no clients, and ends when it is done.

mod socket;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use pytext::repr_bytes;
use rustix::net::{AddressFamily, RecvFlags, SocketAddrAny, SocketType, ipproto};

use crate::args::SocketApi;
use crate::screen::print_now;
use socket::{Socket, failure, shown, truth};

const ANY_PORT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
const RECV_BYTES: usize = 1024;
/// One byte more than the longest datagram over IPv4.
const TOO_LONG: usize = 65508;

pub(crate) async fn run(options: SocketApi) -> anyhow::Result<()> {
    // The calls block, some of them on purpose.
    tokio::task::spawn_blocking(move || demo(&options)).await?
}

fn demo(options: &SocketApi) -> anyhow::Result<()> {
    let (message, backlog) = (options.message.as_bytes(), options.backlog.max(0));
    objects()?;
    let server = server(backlog)?;
    let (client, conn) = connections(&server, message)?;
    messages(&client, &conn, message)?;
    datagrams(message)?;
    waiting(&client)?;
    queue(backlog)?;
    closing(client, &conn)?;
    raw_sockets()
}

fn objects() -> anyhow::Result<()> {
    print_now("-- socket objects")?;
    for family in [AddressFamily::INET, AddressFamily::INET6, AddressFamily::UNIX] {
        for kind in [SocketType::STREAM, SocketType::DGRAM] {
            let socket = Socket::new(family, kind)?;
            // Protocol 0: the system chooses.
            print_now(&format!("socket: {} 0", socket.about()?))?;
        }
    }
    let (left, right) = Socket::pair()?;
    print_now(&format!("socketpair: {} {}", left.about()?, right.about()?))?;
    let copy = left.duplicate()?;
    let same = truth(copy.fileno() == left.fileno());
    let sent = copy.send(b"copy")?;
    let received = repr_bytes(&right.recv(RECV_BYTES, RecvFlags::empty())?);
    Ok(print_now(&format!("fromfd: {same} {sent} {received}"))?)
}

/// A listening server, and the results of the calls before.
fn server(backlog: i32) -> anyhow::Result<Socket> {
    print_now("-- server")?;
    let server = Socket::tcp()?;
    print_now(&format!("getsockopt: {}", i32::from(server.reuses_address()?)))?;
    print_now(&format!("setsockopt: {}", shown(server.reuse_address())))?;
    let reused = i32::from(server.reuses_address()?);
    print_now(&format!("getsockopt: {reused}"))?;
    print_now(&format!("getsockopt: {}", repr_bytes(&reused.to_ne_bytes())))?;
    print_now(&format!("getsockname: {}", tuple(&server.name()?)?))?;
    print_now(&format!("bind: {}", shown(server.bind(&ANY_PORT))))?;
    let address = server.name()?;
    let inet = SocketAddr::try_from(address.clone())?;
    print_now(&format!("getsockname: {} {}", inet.ip(), truth(inet.port() > 0)))?;
    print_now(&format!("bind: {}", shown(server.bind(&ANY_PORT))))?;
    let client = Socket::tcp()?;
    print_now(&format!("connect: {}", shown(client.connect(&address))))?;
    print_now(&format!("connect_ex: {}", client.connect_ex(&address)?))?;
    print_now(&format!("listen: {}", shown(server.listen(backlog))))?;
    let taken = Socket::tcp()?;
    print_now(&format!("bind: {}", shown(taken.bind(&address))))?;
    Ok(server)
}

/// Both ends of a connection that stays open.
fn connections(server: &Socket, message: &[u8]) -> anyhow::Result<(Socket, Socket)> {
    print_now("-- client")?;
    let address = server.name()?;
    let client = Socket::tcp()?;
    print_now(&format!("getpeername: {}", shown(client.peer().map(drop))))?;
    print_now(&format!("send: {}", failure(client.send(message))))?;
    print_now(&format!("connect: {}", shown(client.connect(&address))))?;
    let (conn, peer) = server.accept()?;
    print_now(&format!("accept: {}", truth(peer == client.name()?)))?;
    let (forth, back) = (client.peer()? == address, conn.peer()? == peer);
    print_now(&format!("getpeername: {} {}", truth(forth), truth(back)))?;
    print_now(&format!("getsockname: {}", truth(conn.name()? == address)))?;
    print_now(&format!("connect: {}", shown(client.connect(&address))))?;
    let again = Socket::tcp()?;
    print_now(&format!("connect_ex: {}", again.connect_ex(&address)?))?;
    let (second, peer) = server.accept()?;
    print_now(&format!("accept: {}", truth(peer == again.name()?)))?;
    drop(again);
    let received = second.recv(RECV_BYTES, RecvFlags::empty())?;
    print_now(&format!("recv: {}", repr_bytes(&received)))?;

    let patience = Duration::from_secs(5);
    let created = TcpStream::connect_timeout(&SocketAddr::try_from(address)?, patience)?;
    created.set_read_timeout(Some(patience))?;
    let (_second, peer) = server.accept()?;
    let timeout = created.read_timeout()?.unwrap_or_default().as_secs_f64();
    let same = truth(SocketAddr::try_from(peer)? == created.local_addr()?);
    print_now(&format!("create_connection: {} {same}", pytext::repr_float(timeout)))?;
    Ok((client, conn))
}

fn messages(client: &Socket, conn: &Socket, message: &[u8]) -> anyhow::Result<()> {
    print_now("-- messages")?;
    print_now(&format!("send: {}", client.send(message)?))?;
    print_now(&format!("recv: {}", repr_bytes(&conn.recv(3, RecvFlags::PEEK)?)))?;
    print_now(&format!("recv: {}", repr_bytes(&conn.recv(RECV_BYTES, RecvFlags::empty())?)))?;
    print_now(&format!("sendall: {}", shown(conn.send_all(message))))?;
    print_now(&format!("recv: {}", repr_bytes(&client.recv(RECV_BYTES, RecvFlags::empty())?)))?;
    let sent = conn.send(message)?;
    let (received, sender) = client.recv_from(RECV_BYTES)?;
    let sender = match sender {
        Some(sender) => tuple(&sender)?,
        None => "None".to_owned(),
    };
    print_now(&format!("recvfrom: {sent} ({}, {sender})", repr_bytes(&received)))?;

    let stream = client.file()?;
    let mut reader = BufReader::new(&stream);
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let sent = conn.send(b"one\ntwo\n")?;
    reader.read_until(b'\n', &mut one)?;
    reader.read_until(b'\n', &mut two)?;
    print_now(&format!("makefile: {sent} {} {}", repr_bytes(&one), repr_bytes(&two)))?;
    let written = (&stream).write_all(message).map(|()| message.len())?;
    let flushed = shown((&stream).flush());
    let received = repr_bytes(&conn.recv(RECV_BYTES, RecvFlags::empty())?);
    Ok(print_now(&format!("makefile: {written} {flushed} {received}"))?)
}

fn datagrams(message: &[u8]) -> anyhow::Result<()> {
    print_now("-- datagrams")?;
    let one = Socket::new(AddressFamily::INET, SocketType::DGRAM)?;
    let other = Socket::new(AddressFamily::INET, SocketType::DGRAM)?;
    one.bind(&ANY_PORT)?;
    other.bind(&ANY_PORT)?;
    print_now(&format!("sendto: {}", one.send_to(message, &other.name()?)?))?;
    let (received, sender) = other.recv_from(RECV_BYTES)?;
    let same = truth(sender == Some(one.name()?));
    print_now(&format!("recvfrom: {} {same}", repr_bytes(&received)))?;
    print_now(&format!("sendto: {}", other.send_to(message, &one.name()?)?))?;
    let (received, sender) = one.recv_from(3)?;
    let same = truth(sender == Some(other.name()?));
    print_now(&format!("recvfrom: {} {same}", repr_bytes(&received)))?;
    let refused = failure(one.send_to(&[b'x'; TOO_LONG], &other.name()?));
    Ok(print_now(&format!("sendto: {refused}"))?)
}

fn waiting(client: &Socket) -> anyhow::Result<()> {
    print_now("-- waiting")?;
    let receive = || failure(client.recv(RECV_BYTES, RecvFlags::empty()).map(|data| data.len()));
    print_now(&format!("gettimeout: {}", client.timeout_shown()))?;
    let timeout = Duration::from_millis(50);
    print_now(&format!("settimeout: {}", shown(client.set_timeout(Some(timeout)))))?;
    print_now(&format!("gettimeout: {}", client.timeout_shown()))?;
    print_now(&format!("recv: {}", receive()))?;
    print_now(&format!("setblocking: {}", shown(client.set_blocking(false))))?;
    print_now(&format!("gettimeout: {}", client.timeout_shown()))?;
    print_now(&format!("recv: {}", receive()))?;
    print_now(&format!("setblocking: {}", shown(client.set_blocking(true))))?;
    Ok(print_now(&format!("gettimeout: {}", client.timeout_shown()))?)
}

/// How many connections a server that never accepts has waiting before the system refuses one.
fn queue(backlog: i32) -> anyhow::Result<()> {
    print_now("-- backlog")?;
    let queue = Socket::new(AddressFamily::UNIX, SocketType::STREAM)?;
    let _name = queue.bind_to_any_name()?;
    queue.listen(backlog)?;
    let mut waiting = Vec::new();
    loop {
        let socket = Socket::new(AddressFamily::UNIX, SocketType::STREAM)?;
        socket.set_blocking(false)?;
        match socket.connect_ex(&queue.name()?)? {
            0 => waiting.push(socket),
            number => return Ok(print_now(&format!("connect_ex: {} {number}", waiting.len()))?),
        }
    }
}

fn closing(mut client: Socket, conn: &Socket) -> anyhow::Result<()> {
    print_now("-- closing")?;
    print_now(&format!("fileno: {}", truth(client.fileno() >= 0)))?;
    print_now(&format!("close: {}", shown(client.close())))?;
    print_now(&format!("fileno: {}", client.fileno()))?;
    print_now(&format!("recv: {}", repr_bytes(&conn.recv(RECV_BYTES, RecvFlags::empty())?)))?;
    let refused = failure(client.recv(RECV_BYTES, RecvFlags::empty()).map(|data| data.len()));
    print_now(&format!("recv: {refused}"))?;
    Ok(print_now(&format!("close: {}", shown(client.close())))?)
}

/// A raw socket needs a privilege; without it, the error shows.
fn raw_sockets() -> anyhow::Result<()> {
    print_now("-- raw sockets")?;
    for protocol in [None, Some(ipproto::ICMP)] {
        let number = protocol.map_or(0, |it| it.as_raw().get());
        let shown = match Socket::raw(protocol) {
            Ok(raw) => format!("{} {number}", raw.about()?),
            Err(error) => failure(Err::<usize, _>(error)),
        };
        print_now(&format!("socket: {shown}"))?;
    }
    Ok(())
}

/// An IP address as Python's tuple.
fn tuple(address: &SocketAddrAny) -> anyhow::Result<String> {
    let peer = endpoint::Peer::Inet(SocketAddr::try_from(address.clone())?);
    Ok(peer.printed_by_python(repr_bytes))
}
