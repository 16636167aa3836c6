//! The harness as a client: says what no typed line can say, step by step.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::catalogue::Step;
use crate::network::{Connection, DatagramSocket, Endpoint, Incoming, Outgoing};

/// Play all steps against `server`, as far as the other side lets it. What came back is the
/// recorder's to say; a step that can't be done is the last. Paths of Unix sockets are made in
/// `directory`.
pub async fn play(server: Endpoint, is_datagram: bool, directory: PathBuf, steps: Vec<Step>) {
    let _ = if is_datagram {
        play_datagrams(&server, &directory, &steps).await
    } else {
        play_stream(&server, &steps).await
    };
}

/// The script's end of a connection.
struct End {
    incoming: Incoming,
    outgoing: Option<Outgoing>,
}

async fn play_stream(server: &Endpoint, steps: &[Step]) -> io::Result<()> {
    let mut ends: Vec<Option<End>> = Vec::new();
    let mut current = 0;
    for step in steps {
        if *step == Step::Connect {
            let (incoming, outgoing) = Connection::open(server, None).await?.into_split();
            current = ends.len();
            ends.push(Some(End { incoming, outgoing: Some(outgoing) }));
            continue;
        }
        if let Step::Turn(connection) = step {
            current = *connection;
            continue;
        }
        let Some(slot) = ends.get_mut(current) else { return Err(gone()) };
        let Some(end) = slot else { return Err(gone()) };
        match step {
            Step::Connect | Step::Turn(_) => {}
            Step::Send(bytes) => {
                end.outgoing.as_mut().ok_or_else(gone)?.write_all(bytes).await?;
            }
            Step::Read(len) => read_exactly(&mut end.incoming, *len).await?,
            Step::ReadEnd => while end.incoming.read(&mut [0; 4096]).await? > 0 {},
            Step::Finish => end.outgoing.as_mut().ok_or_else(gone)?.shutdown().await?,
            Step::Reset => {
                if let Some(outgoing) = end.outgoing.take() {
                    outgoing.break_off();
                }
                *slot = None;
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

/// The steps speak of a connection that isn't there any more.
fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

async fn play_datagrams(server: &Endpoint, directory: &Path, steps: &[Step]) -> io::Result<()> {
    let own = match server {
        Endpoint::Inet(address) => Endpoint::Inet(SocketAddr::new(address.ip(), 0)),
        Endpoint::Path(_) => Endpoint::Path(directory.join("script")),
    };
    let socket = DatagramSocket::bind(&own)?;
    let mut answer = vec![0; 64 << 10];
    for step in steps {
        match step {
            Step::Send(bytes) => socket.send(bytes, server).await?,
            Step::Read(_) => {
                socket.recv_from(&mut answer).await?;
            }
            Step::Connect | Step::Turn(_) | Step::ReadEnd | Step::Finish | Step::Reset => {}
        }
    }
    Ok(())
}
