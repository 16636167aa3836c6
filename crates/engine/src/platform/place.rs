//! Where sockets are: in the harness's own network namespace, or in a separate one.

use std::ffi::OsString;
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::net::{AddressFamily, SocketType};

use super::{Helper, Namespace, ReadWatch};

/// Makes network namespaces for programs with a fixed address.
#[derive(Debug, Default)]
pub struct Namespaces {
    program: Option<PathBuf>,
    helper: Mutex<Option<Arc<Helper>>>,
}

/// No network namespace is available.
#[derive(Debug, thiserror::Error)]
#[error(
    "a program with a fixed address needs a network of its own here: {0}. Or let the program take {{host}} and \
     {{port}}"
)]
pub struct NoNamespace(String);

/// The place where sockets are made and examined. The default is this process's network namespace.
#[derive(Debug, Clone, Default)]
pub struct Place(Option<Arc<Namespace>>);

impl Namespaces {
    /// Namespaces made by `program`, which must call [`helper_program`] before anything else. The program
    /// starts when the first namespace is needed.
    #[must_use]
    pub fn by(program: PathBuf) -> Self {
        Self { program: Some(program), helper: Mutex::default() }
    }

    /// Checks that namespaces can be made.
    ///
    /// # Errors
    ///
    /// They can't. [`NoNamespace`] says why, and what would help.
    pub fn check(&self) -> Result<(), NoNamespace> {
        self.open(IpAddr::from([127, 0, 0, 1])).map(drop)
    }

    /// Makes a namespace in which a program can use this address.
    ///
    /// # Errors
    ///
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
    /// A non-blocking socket.
    ///
    /// # Errors
    ///
    /// socket(2) failed.
    pub(crate) fn socket(&self, family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
        match &self.0 {
            // A Unix socket is in the file system, not in a namespace.
            Some(namespace) if family != AddressFamily::UNIX => namespace.socket(family, kind),
            _ => super::socket(family, kind),
        }
    }

    /// Whether this is not this process's network namespace.
    pub(crate) const fn is_apart(&self) -> bool {
        self.0.is_some()
    }

    /// Watches whether the programs here have read their data.
    pub(crate) fn read_watch(&self) -> ReadWatch {
        self.0.as_ref().map_or_else(ReadWatch::open, |namespace| namespace.read_watch())
    }

    /// Whether some UDP socket here is bound to `port`.
    ///
    /// # Errors
    ///
    /// The system does not say.
    pub(crate) fn udp_is_bound(&self, port: u16) -> io::Result<bool> {
        match &self.0 {
            Some(namespace) => namespace.udp_is_bound(port),
            None => super::udp_is_bound(port),
        }
    }

    /// Whether a program here listens on this TCP port; `None` if the system does not say.
    pub(crate) fn tcp_is_listened_on(&self, port: u16) -> Option<bool> {
        match &self.0 {
            Some(namespace) => namespace.tcp_is_listened_on(port),
            None => super::tcp_is_listened_on(port),
        }
    }

    /// The command that enters this place and then runs the command that follows. Empty for this process's own
    /// network namespace.
    pub(crate) fn entry(&self) -> Vec<String> {
        self.0.as_ref().map(|namespace| namespace.entry()).unwrap_or_default()
    }
}

/// Runs this program as a helper of the harness, if these arguments ask for it: to make namespaces, or to end
/// what a killed harness leaves. Otherwise returns `None`. Call it before anything else: the process must have
/// only one thread.
#[must_use]
pub fn helper_program(arguments: &[OsString]) -> Option<ExitCode> {
    super::serve_namespaces(arguments).or_else(|| super::guardian::serve_guardian(arguments))
}
