//! What only Linux has, and its replacement on other Unix systems.
//!
//! Both platforms have the same items and pass the same tests. Only this module chooses between them.
//! The feature `portable` chooses the other systems' platform on Linux too.
//!
//! | item | `linux.rs` | `portable.rs` |
//! |---|---|---|
//! | [`socket`], [`socket_pair`] | closed by an exec from the start | told so in a second call |
//! | [`family_of`] | `SO_DOMAIN` | getsockname(2) |
//! | [`listen_at`] | a mode before there is a path | a mode before anyone can connect |
//! | [`ACCEPTED_AS_LISTENER`] | options are a listener's connections' too | they may be, and are set again |
//! | [`QUIETLY`] | `MSG_NOSIGNAL` | nothing: Rust's programs ignore SIGPIPE |
//! | [`END_FOLLOWS`] | `MSG_MORE` too | nothing: the end of the stream is a packet of its own |
//! | [`is_full`] | EAGAIN | ENOBUFS too |
//! | [`abstract_name`], [`abstract_address`] | a name of no file | no such names |
//! | [`ChosenName`] | an abstract name | a file in a temporary directory |
//! | [`send_file`] | sendfile(2) | pread(2) and send(2) |
//! | [`Mover`] | splice(2) through a pipe | read(2) and write(2) |
//! | [`write_if_room`] | `RWF_NOWAIT` | never: a pipe may always have to be waited for |
//! | [`kill_with_descendants`] | what a child has started is killed too | the child alone |
//! | [`is_null`] | device 1:3 | the device of `/dev/null` |
//!
//! Users can see these differences. On the portable platform, a peer with an abstract name appears
//! without a name and can't be answered. The file of a [`ChosenName`] goes with the program, except
//! when SIGKILL ends it. A program with such a name ends with status 128 plus the signal's number on
//! SIGTERM, SIGINT and SIGHUP; on Linux it dies of the signal.

mod copier;
#[cfg(all(target_os = "linux", not(feature = "portable")))]
mod linux;
#[cfg(not(all(target_os = "linux", not(feature = "portable"))))]
mod portable;
#[cfg(test)]
mod tests;

#[cfg(all(target_os = "linux", not(feature = "portable")))]
use linux as side;
#[cfg(not(all(target_os = "linux", not(feature = "portable"))))]
use portable as side;

pub use side::{
    ACCEPTED_AS_LISTENER, ChosenName, END_FOLLOWS, Mover, QUIETLY, abstract_address, abstract_name,
    family_of, is_full, is_null, kill_with_descendants, listen_at, send_file, socket, socket_pair,
    write_if_room,
};
