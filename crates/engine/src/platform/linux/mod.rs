//! Linux supports everything.

pub(crate) mod guardian;
mod listening;
mod namespaces;
pub(crate) mod orphans;
mod ports;
mod processes;
mod sock_diag;
mod sockets;

pub(crate) use listening::{is_served, listening, tcp_is_listened_on};
pub(crate) use namespaces::{Helper, Namespace, serve_namespaces};
pub(crate) use ports::{PortClaim, ephemeral_start, udp_is_bound};
pub(crate) use processes::{is_asleep, left_in_group, own_peak_bytes, processor_time};
pub(crate) use sock_diag::{ReadWatch, Receiver};
pub(crate) use sockets::{
    Alias, CAN_FORK, NO_SIGNAL, accept, launcher_pair, quiet_terminal, socket, terminal,
};

/// What this system lacks.
pub(crate) fn lacks() -> Vec<String> {
    ReadWatch::open().missing().into_iter().collect()
}
