//! The recorder between a client and a server that speak TCP.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{Patience, Recording};
use crate::observation::{Direction, Role, Stop, WireItem};

const CHUNK_BYTES: usize = 64 << 10;
/// A peer that sends more than this in one direction of one case is stopped.
const FLOOD_BYTES: usize = 64 << 20;
/// First and longest wait between two tries of a server that isn't up yet.
const RETRY_FIRST: Duration = Duration::from_micros(200);
const RETRY_LONGEST: Duration = Duration::from_millis(5);

/// Listens for the client; knows where the server will be.
#[derive(Debug)]
pub struct TcpRecorder {
    listener: TcpListener,
    server: SocketAddr,
}

impl TcpRecorder {
    /// Listen for the client on a port of the kernel's choice.
    ///
    /// # Errors
    /// As bind(2) and listen(2) fail.
    pub async fn bind(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self { listener, server })
    }

    /// Where the client is to connect.
    ///
    /// # Errors
    /// As getsockname(2) fails.
    pub fn client_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Pass one connection on, both ways, until both sides have ended it, or `patience` has.
    ///
    /// # Errors
    /// [`Stop::Flood`] when a peer sends without end.
    pub async fn pass(
        self,
        recording: Recording,
        mut patience: watch::Receiver<Patience>,
    ) -> Result<(), Stop> {
        let watched = patience.clone();
        let both = async {
            let (client, _) = self.listener.accept().await.ok()?;
            let server = connect_when_up(self.server, &watched).await?;
            Some((client, server))
        };
        let (client, server) = tokio::select! {
            both = both => match both { Some(both) => both, None => return Ok(()) },
            _ = patience.wait_for(|patience| *patience == Patience::None) => return Ok(()),
        };
        recording.note(Direction::ToServer, WireItem::Open);
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let up = pump(from_client, to_server, Direction::ToServer, &recording);
        let down = pump(from_server, to_client, Direction::ToClient, &recording);
        tokio::select! {
            ended = async { tokio::try_join!(up, down) } => match ended {
                Err(Broken::Flood(role)) => Err(Stop::Flood(role)),
                // Both connections are dropped here, the one with its linger at zero.
                Ok(_) | Err(Broken::Reset) => Ok(()),
            },
            _ = patience.wait_for(|patience| *patience == Patience::None) => Ok(()),
        }
    }
}

/// What ends a connection at once, in both directions.
enum Broken {
    Reset,
    Flood(Role),
}

/// Try until the server accepts. Only "nobody listens there yet" is tried again.
async fn connect_when_up(
    server: SocketAddr,
    patience: &watch::Receiver<Patience>,
) -> Option<TcpStream> {
    let mut wait = RETRY_FIRST;
    loop {
        // Asked before trying: a server that accepts and then ends was there.
        let has_ended = *patience.borrow() != Patience::Full;
        match TcpStream::connect(server).await {
            Ok(stream) => return Some(stream),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused && !has_ended => {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(RETRY_LONGEST);
            }
            Err(_) => return None,
        }
    }
}

/// Pass bytes on one way until their sender ends. A receiver that has gone doesn't stop the
/// reading: what the sender says is its own, whoever still listens. A sender that breaks off
/// breaks everything off: the receiver gets a reset too.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: Direction,
    recording: &Recording,
) -> Result<(), Broken> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut receiver_is_there = true;
    let mut passed = 0;
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) => {
                recording.note(direction, WireItem::Fin);
                let _ = to.shutdown().await;
                return Ok(());
            }
            Ok(read) => read,
            Err(_) => {
                recording.note(direction, WireItem::Reset);
                let stream: &TcpStream = to.as_ref();
                let _ = stream.set_zero_linger();
                to.forget();
                return Err(Broken::Reset);
            }
        };
        let bytes = buffer.split_at(read).0;
        recording.segment(direction, bytes);
        passed += read;
        if passed > FLOOD_BYTES {
            return Err(Broken::Flood(match direction {
                Direction::ToServer => Role::Client,
                Direction::ToClient => Role::Server,
            }));
        }
        if receiver_is_there {
            receiver_is_there = to.write_all(bytes).await.is_ok();
        }
    }
}
