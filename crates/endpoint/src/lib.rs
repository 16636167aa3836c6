//! What `frame-server` and `frame-client` share and the protocol doesn't know: where to listen or
//! connect ([`Address`]), a stream that is TCP or Unix ([`Stream`], [`Listener`]), and how the two
//! programs speak to their user ([`diagnostics`], [`python_os_error`]).

mod address;
pub mod diagnostics;
mod socket_file;
mod stream;

pub use address::{Address, AddressError};
pub use diagnostics::python_os_error;
pub use socket_file::UnixFileListener;
pub use stream::{Listener, Stream};
