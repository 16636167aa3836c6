//! What `frame-server` and `frame-client` share and the protocol doesn't know: where to listen or
//! connect ([`Address`]), a stream that is TCP or Unix ([`Stream`], [`Listener`]), datagrams of either
//! kind ([`Datagrams`]), who is at the other end ([`Peer`]), how much a socket buffers
//! ([`BufferSizes`]), and how the two programs speak with their user ([`Terminal`], [`diagnostics`],
//! [`python_os_error`]), naming the clause that an error goes by ([`with_clause`], [`Breach`]).
//! [`platform`] has what of this only Linux has, and what does for it on other Unix systems.

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
