//! The harness in the place of a program, on either side: sends what no program sends, step by step.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use model::{Endpoint, Step};

use crate::network::{Connection, DatagramSocket, Incoming, Listener, Outgoing};
use crate::platform::Place;

const CHUNK_BYTES: usize = 64 << 10;

/// The side of a script.
#[derive(Debug)]
pub enum Side {
    /// A client of this server. Paths of Unix sockets are in `directory`.
    Client {
        /// The server's address.
        server: Endpoint,
        /// The server's network namespace.
        place: Place,
        /// Whether it uses datagrams.
        is_datagram: bool,
        /// The directory for socket paths.
        directory: PathBuf,
    },
    /// A server of streams.
    StreamServer(Listener),
    /// A server of datagrams.
    DatagramServer(DatagramSocket),
}

impl Side {
    /// A server that listens at this address from now on.
    ///
    /// # Errors
    ///
    /// bind(2) or listen(2) failed.
    pub fn server(endpoint: &Endpoint, is_datagram: bool) -> io::Result<Self> {
        Ok(if is_datagram {
            Self::DatagramServer(DatagramSocket::bind(endpoint, &Place::default())?)
        } else {
            Self::StreamServer(Listener::bind(endpoint, &Place::default())?)
        })
    }
}

/// Plays all steps until one can't be done. The recorder records the answers.
///
/// # Errors
///
/// The reason why a step can't be done.
pub async fn play(side: Side, steps: Vec<Step>) -> io::Result<()> {
    match side {
        Side::Client { server, place, is_datagram: false, .. } => {
            play_stream(&Opening::To(server, place), &steps).await
        }
        Side::StreamServer(listener) => play_stream(&Opening::From(listener), &steps).await,
        Side::Client { server, place, directory, .. } => {
            play_datagrams_to(&server, &place, &directory, &steps).await
        }
        Side::DatagramServer(socket) => answer_datagrams(&socket, &steps).await,
    }
}

/// How a script gets its connections.
enum Opening {
    To(Endpoint, Place),
    From(Listener),
}

impl Opening {
    async fn next(&self) -> io::Result<End> {
        let connection = match self {
            Self::To(server, place) => Connection::open(server, place, None).await?,
            Self::From(listener) => {
                let connection = listener.accept().await?;
                connection.send_at_once();
                connection
            }
        };
        let (incoming, outgoing) = connection.into_split();
        Ok(End { incoming, outgoing: Some(outgoing) })
    }
}

/// The script's end of a connection.
struct End {
    incoming: Incoming,
    outgoing: Option<Outgoing>,
}

async fn play_stream(opening: &Opening, steps: &[Step]) -> io::Result<()> {
    let mut ends: Vec<Option<End>> = Vec::new();
    let mut current = 0;
    for step in steps {
        match step {
            Step::Connect => {
                current = ends.len();
                ends.push(Some(opening.next().await?));
            }
            Step::Turn(connection) => current = *connection,
            Step::Hold => std::future::pending().await,
            _ => {
                let slot = ends.get_mut(current).ok_or_else(gone)?;
                let end = slot.as_mut().ok_or_else(gone)?;
                if act(step, end).await? == After::Gone {
                    *slot = None;
                }
            }
        }
    }
    for end in ends.iter_mut().flatten() {
        if let Some(outgoing) = &mut end.outgoing {
            outgoing.shutdown().await?;
        }
    }
    Ok(())
}

#[derive(PartialEq, Eq)]
enum After {
    There,
    Gone,
}

/// Does a step on one connection. If the other side resets it, the script continues, as other connections may
/// follow.
async fn act(step: &Step, end: &mut End) -> io::Result<After> {
    match step {
        Step::Connect | Step::Turn(_) | Step::Hold => {}
        Step::Send(bytes) => {
            end.outgoing.as_mut().ok_or_else(gone)?.write_all(bytes).await?;
        }
        Step::Read(len) => read_exactly(&mut end.incoming, *len).await?,
        Step::ReadSome => {
            end.incoming.read(&mut vec![0; CHUNK_BYTES]).await?;
        }
        Step::ReadEnd => while let Ok(1..) = end.incoming.read(&mut [0; 4096]).await {},
        Step::Finish => {
            let _ = end.outgoing.as_mut().ok_or_else(gone)?.shutdown().await;
        }
        Step::Close => return Ok(After::Gone),
        Step::Reset => {
            if let Some(outgoing) = end.outgoing.take() {
                outgoing.break_off();
            }
            return Ok(After::Gone);
        }
    }
    Ok(After::There)
}

async fn read_exactly(incoming: &mut Incoming, len: usize) -> io::Result<()> {
    let mut buffer = vec![0; len];
    let mut done = 0;
    while done < len {
        match incoming.read(buffer.split_at_mut(done).1).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => done += read,
        }
    }
    Ok(())
}

/// The error for steps on a connection that is closed.
fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

async fn play_datagrams_to(
    server: &Endpoint,
    place: &Place,
    directory: &Path,
    steps: &[Step],
) -> io::Result<()> {
    let own = match server {
        Endpoint::Inet(address) => Endpoint::Inet(SocketAddr::new(address.ip(), 0)),
        // The socket of an earlier script is still there.
        Endpoint::Path(_) => {
            let mut names = (0..).map(|number: u32| directory.join(format!("script{number}")));
            Endpoint::Path(names.find(|path| !path.exists()).unwrap_or_default())
        }
    };
    let socket = DatagramSocket::bind(&own, place)?;
    let mut answer = vec![0; CHUNK_BYTES];
    for step in steps {
        match step {
            Step::Send(bytes) => socket.send(bytes, server).await?,
            Step::Read(_) | Step::ReadSome => {
                socket.recv_from(&mut answer).await?;
            }
            Step::Hold => std::future::pending().await,
            _ => {}
        }
    }
    Ok(())
}

/// Each answer goes to the sender of the last datagram.
async fn answer_datagrams(socket: &DatagramSocket, steps: &[Step]) -> io::Result<()> {
    let mut question = vec![0; CHUNK_BYTES];
    let mut from = None;
    for step in steps {
        match step {
            Step::Send(bytes) => {
                if let Some(to) = &from {
                    socket.send_to(bytes, to).await?;
                }
            }
            Step::Read(_) | Step::ReadSome => from = socket.recv_from(&mut question).await?.1,
            Step::Hold => std::future::pending().await,
            _ => {}
        }
    }
    Ok(())
}
