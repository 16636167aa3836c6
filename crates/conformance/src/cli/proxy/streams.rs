//! TCP connections: each client gets its own connection to the server.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::network::{Relay, reset};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinError, JoinSet};
use traffic::Transport;

use super::super::out::say;
use super::shared::Shared;
use super::witness::{Ends, Watched};

/// How many clients may wait to be accepted.
const BACKLOG: u32 = 4096;
/// How long to wait when the system has no room for a connection, and no connection of this process will end.
const ROOM_AFTER: Duration = Duration::from_millis(100);

/// Listens for clients.
pub(super) fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket_for(at)?;
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

fn socket_for(address: SocketAddr) -> io::Result<TcpSocket> {
    if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }
}

/// Relays connections until the given number have ended, or `interrupt` is ready. It then cuts the open ones.
pub(super) async fn pass(
    listener: &TcpListener,
    to: SocketAddr,
    relay: Relay,
    shared: &Arc<Shared>,
    connections_max: Option<u64>,
    interrupt: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let relay = Arc::new(relay);
    let mut running = JoinSet::new();
    let (mut accepted, mut ended) = (0, 0);
    let (mut has_room, mut has_said) = (true, false);
    // The socket to the server is made before a client is accepted. If no socket can be made, the client waits.
    let mut spare = None;
    tokio::pin!(interrupt);
    while connections_max.is_none_or(|most| ended < most) {
        let mut no_room = |error: io::Error| {
            if !std::mem::replace(&mut has_said, true) {
                say(format_args!("clients wait until others have ended: {error}"));
            }
        };
        let wants_more = connections_max.is_none_or(|most| accepted < most);
        if has_room && wants_more && spare.is_none() {
            match socket_for(to) {
                Ok(socket) => spare = Some(socket),
                Err(error) => {
                    has_room = false;
                    no_room(error);
                }
            }
        }
        let may_accept = has_room && wants_more;
        let is_alone = running.is_empty();
        tokio::select! {
            () = &mut interrupt => break,
            client = listener.accept(), if may_accept => match client {
                Ok((client, from)) => {
                    let link = Link { number: accepted, from, to, relay: relay.clone() };
                    if let Some(server) = spare.take() {
                        running.spawn(link.pass(client, server, shared.clone()));
                    }
                    accepted += 1;
                }
                Err(error) if is_of_client(&error) => {}
                Err(error) => {
                    has_room = false;
                    no_room(error);
                }
            },
            Some(done) = running.join_next() => {
                has_room = true;
                ended += 1;
                unless_panicked(done);
            }
            () = room(is_alone), if !has_room => has_room = true,
        }
    }
    running.shutdown().await;
    Ok(())
}

/// Ready when the system may have room again. With open connections it is never ready, as the end of one of them
/// makes room.
async fn room(is_alone: bool) {
    if !is_alone {
        pending::<()>().await;
    }
    tokio::time::sleep(ROOM_AFTER).await;
}

/// Whether the error concerns one client that left before it was accepted.
fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

/// A panic leaves a connection half judged, so the command can't continue.
fn unless_panicked(done: Result<(), JoinError>) {
    if let Err(error) = done
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// The connection of one client.
struct Link {
    number: u64,
    from: SocketAddr,
    to: SocketAddr,
    relay: Arc<Relay>,
}

impl Link {
    async fn pass(self, client: TcpStream, server: TcpSocket, shared: Arc<Shared>) {
        let Self { number, from, to, relay } = self;
        let connected = async {
            let server = server.connect(to).await?;
            let (listening, own) = (client.local_addr()?, server.local_addr()?);
            io::Result::Ok((server, Ends { client: from, listening, own, server: to }))
        };
        let (server, ends) = match connected.await {
            Ok(connected) => connected,
            Err(error) => {
                shared.not_served(number, from, &error);
                // If the server refuses the client, the client sees an error and not the end of a stream.
                return reset(&client);
            }
        };
        let mut watched = Watched::new(&shared, number, Transport::Tcp, ends);
        // The network's seed takes the low 32 bits of the number.
        let seeded = u32::try_from(number % (1 << 32)).unwrap_or_default();
        relay.pass(seeded, client, server, &mut watched).await;
    }
}
