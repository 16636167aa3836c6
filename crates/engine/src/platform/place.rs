//! Where sockets are: in the network that the harness is in, or in a namespace of their own.

use std::ffi::OsString;
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::net::{AddressFamily, SocketType};

use super::{Helper, Namespace, ReadWatch};

/// Makes network namespaces, for programs that can't be told an address.
#[derive(Debug, Default)]
pub struct Namespaces {
    program: Option<PathBuf>,
    helper: Mutex<Option<Arc<Helper>>>,
}

/// There is no network namespace to be had.
#[derive(Debug, thiserror::Error)]
#[error(
    "a program with a fixed address needs a network of its own here: {0}. Or let the program take {{host}} and \
     {{port}}"
)]
pub struct NoNamespace(String);

/// Where sockets are made and asked about. By default that is the network of this process.
#[derive(Debug, Clone, Default)]
pub struct Place(Option<Arc<Namespace>>);

impl Namespaces {
    /// By `program`, which calls [`helper_program`] before anything else. It is started when the first
    /// namespace is needed.
    #[must_use]
    pub fn by(program: PathBuf) -> Self {
        Self { program: Some(program), helper: Mutex::default() }
    }

    /// Whether they can be made.
    ///
    /// # Errors
    /// They can't; [`NoNamespace`] says why, and what would help.
    pub fn check(&self) -> Result<(), NoNamespace> {
        self.open(IpAddr::from([127, 0, 0, 1])).map(drop)
    }

    /// A new one, in which a program can be at this address.
    ///
    /// # Errors
    /// See [`check`](Self::check).
    pub(crate) fn open(&self, ip: IpAddr) -> Result<Place, NoNamespace> {
        let helper = self.helper()?;
        let namespace = Helper::open(&helper, ip).map_err(NoNamespace)?;
        Ok(Place(Some(Arc::new(namespace))))
    }

    fn helper(&self) -> Result<Arc<Helper>, NoNamespace> {
        let mut helper = self.helper.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(helper) = &*helper {
            return Ok(helper.clone());
        }
        let Some(program) = &self.program else {
            return Err(NoNamespace("no program was given that makes one".to_owned()));
        };
        let started = Helper::start(program).map_err(|error| NoNamespace(error.to_string()))?;
        Ok(helper.insert(Arc::new(started)).clone())
    }
}

impl Place {
    /// A socket that doesn't block.
    ///
    /// # Errors
    /// As socket(2) fails.
    pub(crate) fn socket(&self, family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
        match &self.0 {
            // A Unix socket is in the file system.
            Some(namespace) if family != AddressFamily::UNIX => namespace.socket(family, kind),
            _ => super::socket(family, kind),
        }
    }

    /// Whether this is another network than that of this process.
    pub(crate) const fn is_apart(&self) -> bool {
        self.0.is_some()
    }

    /// What tells of the sockets here whether their programs have read.
    pub(crate) fn read_watch(&self) -> ReadWatch {
        self.0.as_ref().map_or_else(ReadWatch::open, |namespace| namespace.read_watch())
    }

    /// Whether some UDP socket here is bound to `port`.
    ///
    /// # Errors
    /// The system doesn't tell.
    pub(crate) fn udp_is_bound(&self, port: u16) -> io::Result<bool> {
        match &self.0 {
            Some(namespace) => namespace.udp_is_bound(port),
            None => super::udp_is_bound(port),
        }
    }

    /// Whether a program here listens on this TCP port; `None` where the system doesn't tell.
    pub(crate) fn tcp_is_listened_on(&self, port: u16) -> Option<bool> {
        match &self.0 {
            Some(namespace) => namespace.tcp_is_listened_on(port),
            None => super::tcp_is_listened_on(port),
        }
    }

    /// The command that brings the program whose command follows here; empty for the network of this
    /// process.
    pub(crate) fn entry(&self) -> Vec<String> {
        self.0.as_ref().map(|namespace| namespace.entry()).unwrap_or_default()
    }
}

/// Do what these arguments ask of this program as a helper of the harness: make namespaces, or end what a killed
/// harness leaves. `None` if they are no such arguments. To be called first of all: the process must have one
/// thread.
#[must_use]
pub fn helper_program(arguments: &[OsString]) -> Option<ExitCode> {
    super::serve_namespaces(arguments).or_else(|| super::guardian::serve_guardian(arguments))
}
