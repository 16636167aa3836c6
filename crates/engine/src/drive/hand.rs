//! A side that a person starts by hand, for example in a debugger. The person is shown the address, and the
//! harness waits.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use model::blob::Blob;
use model::{Endpoint, Literal};
use tokio::sync::watch;

/// What the person must know to start the program.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where the server must listen, or where the client must connect.
    pub address: Endpoint,
    /// The file that a file server must serve.
    pub file: Option<PathBuf>,
    /// What the case changes in the program.
    pub literals: Vec<Literal>,
    /// The lines that the person must type.
    pub lines: Vec<Blob>,
    /// The directory with the files that the program needs in its working directory.
    pub directory: PathBuf,
    /// Their names.
    pub beside: Vec<String>,
}

/// What framecheck asks of a person.
#[derive(Debug)]
pub enum Asked {
    /// A case begins.
    Case(String),
    /// Start this program, and report its end to the [`Hand`].
    Start(Box<Wanted>, Hand),
}

/// Sends requests to a person, case by case.
#[derive(Debug, Clone)]
pub struct Person(mpsc::Sender<Asked>);

impl Person {
    /// A person, and the receiver of the requests.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Asked>) {
        let (asked, told) = mpsc::channel();
        (Self(asked), told)
    }

    /// A case begins in which the person starts a client.
    pub fn begins(&self, case: String) {
        self.tell(Asked::Case(case));
    }

    fn tell(&self, asked: Asked) {
        // If the receiver is gone, the run is ending.
        let _ = self.0.send(asked);
    }
}

/// A side that a person plays by hand.
#[derive(Debug, Clone)]
pub struct Hand {
    /// Where the server must listen, or where the recorder listens in its place. `None` for any free address.
    pub at: Option<SocketAddr>,
    told: Arc<watch::Sender<Option<Wanted>>>,
    has_ended: Arc<watch::Sender<bool>>,
    person: Option<Person>,
}

impl Hand {
    /// A side whose request is not known yet.
    #[must_use]
    pub fn new(at: Option<SocketAddr>) -> Self {
        let (told, has_ended) = (watch::Sender::new(None), watch::Sender::new(false));
        Self { at, told: Arc::new(told), has_ended: Arc::new(has_ended), person: None }
    }

    /// Like [`new`](Self::new); the request also goes to the person, if there is one.
    #[must_use]
    pub fn of(person: Option<Person>, at: Option<SocketAddr>) -> Self {
        Self { person, ..Self::new(at) }
    }

    /// Waits until the request is known.
    pub async fn wanted(&self) -> Option<Wanted> {
        let mut told = self.told.subscribe();
        told.wait_for(Option::is_some).await.ok().and_then(|wanted| wanted.clone())
    }

    /// The person says that the program has ended.
    pub fn end(&self) {
        self.has_ended.send_replace(true);
    }

    pub(super) fn has_ended(&self) -> bool {
        *self.has_ended.borrow()
    }

    pub(super) async fn ended(&self) {
        let _ = self.has_ended.subscribe().wait_for(|ended| *ended).await;
    }

    pub(super) fn tell(&self, wanted: Wanted) {
        if let Some(person) = &self.person {
            person.tell(Asked::Start(Box::new(wanted.clone()), self.clone()));
        }
        self.told.send_replace(Some(wanted));
    }
}
