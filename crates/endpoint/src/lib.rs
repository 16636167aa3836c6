//! The common parts of `frame-server` and `frame-client` that know no protocol. [`Address`] is where
//! to listen or connect; [`Stream`] and [`Listener`] are TCP or Unix; [`Datagrams`] are UDP or Unix.
//! [`Peer`] is the other end, and [`BufferSizes`] are a socket's buffers. [`Terminal`],
//! [`diagnostics`] and [`python_os_error`] communicate with the user. [`with_clause`] and [`Breach`]
//! name the clause that an error breaks. [`platform`] has what only Linux has, and its replacement on
//! other Unix systems.

#[cfg(not(unix))]
compile_error!(
    "frame-server and frame-client are for Unix systems: they use its sockets, signals and descriptors"
);

mod address;
mod buffers;
mod clause;
mod datagrams;
pub mod diagnostics;
mod file_limit;
mod log_queue;
mod moving;
mod peer;
pub mod platform;
mod socket_file;
mod stream;
mod terminal;

pub use address::{Address, AddressError, Reach};
pub use buffers::BufferSizes;
pub use clause::{Breach, with_clause};
pub use datagrams::{BoundTo, Datagrams};
pub use diagnostics::python_os_error;
pub use file_limit::too_long_is_an_error;
pub use moving::Unmoved;
pub use peer::Peer;
pub use socket_file::SocketFile;
pub use stream::{Listener, Stream};
pub use terminal::Terminal;
