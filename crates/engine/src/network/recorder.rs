//! The recorder of a case, for any transports of its two sides.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use model::Endpoint;
use model::case::Transport;
use model::observation::Stop;
use tokio::sync::watch;

use super::datagram::DatagramRecorder;
use super::stream::StreamRecorder;
use super::{Disturbance, Patience, Recording};
use crate::platform::Place;

/// The two sides of a recorder.
#[derive(Debug, Clone)]
pub struct Sides {
    /// The client's transport.
    pub client: Transport,
    /// The address where the recorder listens for the client. The default is a free port of the loopback
    /// address.
    pub client_at: Option<SocketAddr>,
    /// The client's network namespace.
    pub client_place: Place,
    /// The future address of the server.
    pub server: Endpoint,
    /// The server's network namespace.
    pub server_place: Place,
    /// A directory for Unix sockets; its path is short, and it is empty.
    pub directory: PathBuf,
    /// Whether the server runs already, and so is not waited for.
    pub is_up: bool,
}

impl Sides {
    /// Sides in this process's network namespace, whose programs take the address that they are given.
    #[must_use]
    pub fn here(client: Transport, server: Endpoint, directory: PathBuf) -> Self {
        let (client_place, server_place) = (Place::default(), Place::default());
        Self {
            client,
            client_at: None,
            client_place,
            server,
            server_place,
            directory,
            is_up: false,
        }
    }

    /// Where the recorder listens for the client. The port may not be chosen yet.
    pub(super) fn listening(&self) -> Endpoint {
        if let Some(at) = self.client_at {
            Endpoint::Inet(at)
        } else if self.client.is_path() {
            Endpoint::Path(self.directory.join("recorder"))
        } else {
            Endpoint::Inet(SocketAddr::new(Endpoint::loopback(self.client), 0))
        }
    }
}

/// The recorder between a client and a server.
#[derive(Debug)]
pub enum Recorder {
    /// A recorder for streams.
    Stream(StreamRecorder),
    /// A recorder for datagrams.
    Datagram(DatagramRecorder),
}

impl Recorder {
    /// Listens for the client.
    ///
    /// # Errors
    ///
    /// bind(2) or listen(2) failed.
    pub fn bind(sides: &Sides) -> io::Result<Self> {
        if sides.client.is_datagram() {
            DatagramRecorder::bind(sides).map(Self::Datagram)
        } else {
            StreamRecorder::bind(sides).map(Self::Stream)
        }
    }

    /// The address that the client must connect or send to.
    ///
    /// # Errors
    ///
    /// getsockname(2) failed.
    pub fn client_endpoint(&self) -> io::Result<Endpoint> {
        match self {
            Self::Stream(recorder) => recorder.client_endpoint(),
            Self::Datagram(recorder) => recorder.client_endpoint(),
        }
    }

    /// Relays everything both ways until all has ended, or `patience` has.
    ///
    /// # Errors
    ///
    /// [`Stop::Flood`] if a peer sends, or connects, without end.
    pub async fn pass(
        self,
        recording: Recording,
        patience: watch::Receiver<Patience>,
        disturbance: Disturbance,
    ) -> Result<(), Stop> {
        let noting = recording.clone();
        let passing = async {
            match self {
                Self::Stream(recorder) => recorder.pass(noting, patience, disturbance).await,
                Self::Datagram(recorder) => {
                    recorder.pass(noting, patience, disturbance).await;
                    Ok(())
                }
            }
        };
        tokio::select! {
            passed = passing => passed,
            role = recording.flooded() => Err(Stop::Flood(role)),
            // The case asks the recording for the reason first.
            () = recording.until_refused() => Err(Stop::Deadline("the machine".to_owned())),
        }
    }
}
