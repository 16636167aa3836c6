//! A side that a person starts by hand, in a debugger say: it is told where, and waited for.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use model::blob::Blob;
use model::{Endpoint, Literal};
use tokio::sync::watch;

/// What the person has to know to start it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where the server is to listen, or where the client is to connect.
    pub address: Endpoint,
    /// The file that a file server is to serve.
    pub file: Option<PathBuf>,
    /// What the case changes in the program.
    pub literals: Vec<Literal>,
    /// What is to be typed, a line each.
    pub lines: Vec<Blob>,
    /// Where the files are that the program is to have in its directory.
    pub directory: PathBuf,
    /// Their names.
    pub beside: Vec<String>,
}

/// What framecheck asks a person to do.
#[derive(Debug)]
pub enum Asked {
    /// The case that begins.
    Case(String),
    /// What is wanted, and whom to tell of its end.
    Start(Box<Wanted>, Hand),
}

/// Where what is wanted of a person is told, case by case.
#[derive(Debug, Clone)]
pub struct Person(mpsc::Sender<Asked>);

impl Person {
    /// One who is told by what comes out of the receiver.
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
        // Where nobody reads it any more, the run is being given up.
        let _ = self.0.send(asked);
    }
}

/// A side that is played by hand.
#[derive(Debug, Clone)]
pub struct Hand {
    /// Where the server is to listen, or the recorder in the place of the server; anywhere that is free
    /// unless told.
    pub at: Option<SocketAddr>,
    told: Arc<watch::Sender<Option<Wanted>>>,
    has_ended: Arc<watch::Sender<bool>>,
    person: Option<Person>,
}

impl Hand {
    /// One that is still to be told what is wanted.
    #[must_use]
    pub fn new(at: Option<SocketAddr>) -> Self {
        let (told, has_ended) = (watch::Sender::new(None), watch::Sender::new(false));
        Self { at, told: Arc::new(told), has_ended: Arc::new(has_ended), person: None }
    }

    /// One whose person is told, too, if there is one.
    #[must_use]
    pub fn of(person: Option<Person>, at: Option<SocketAddr>) -> Self {
        Self { person, ..Self::new(at) }
    }

    /// Wait until it is known what is wanted.
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
