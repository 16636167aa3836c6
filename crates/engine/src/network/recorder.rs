//! The recorder of a case, whatever its two sides speak.

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

/// What the recorder stands between.
#[derive(Debug, Clone)]
pub struct Sides {
    /// What the client speaks.
    pub client: Transport,
    /// Where the recorder listens for the client; a free port of the loopback address unless told.
    pub client_at: Option<SocketAddr>,
    /// In which network the client is.
    pub client_place: Place,
    /// Where the server is going to listen.
    pub server: Endpoint,
    /// In which network the server is.
    pub server_place: Place,
    /// Where Unix sockets can have their paths: short, and empty.
    pub directory: PathBuf,
    /// Whether the server runs already, and so is not waited for.
    pub is_up: bool,
}

impl Sides {
    /// Between programs that are in the network of this process, and take the address that they are given.
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

    /// Where the recorder listens for the client; its port may still be to be chosen.
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

/// Stands between a client and a server.
#[derive(Debug)]
pub enum Recorder {
    /// Where streams go through.
    Stream(StreamRecorder),
    /// Where datagrams go through.
    Datagram(DatagramRecorder),
}

impl Recorder {
    /// Listen for the client.
    ///
    /// # Errors
    /// As bind(2) and listen(2) fail.
    pub fn bind(sides: &Sides) -> io::Result<Self> {
        if sides.client.is_datagram() {
            DatagramRecorder::bind(sides).map(Self::Datagram)
        } else {
            StreamRecorder::bind(sides).map(Self::Stream)
        }
    }

    /// Where the client is to connect, or to send.
    ///
    /// # Errors
    /// As getsockname(2) fails.
    pub fn client_endpoint(&self) -> io::Result<Endpoint> {
        match self {
            Self::Stream(recorder) => recorder.client_endpoint(),
            Self::Datagram(recorder) => recorder.client_endpoint(),
        }
    }

    /// Pass everything on, both ways, until all has ended, or `patience` has.
    ///
    /// # Errors
    /// [`Stop::Flood`] when a peer sends, or connects, without end.
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
            // Who looks at the case asks the recording first.
            () = recording.until_refused() => Err(Stop::Deadline("the machine".to_owned())),
        }
    }
}
