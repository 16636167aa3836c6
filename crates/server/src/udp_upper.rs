//! `udp-upper`: each datagram's first 1024 bytes back in upper case.
//!
//! Source: `python-ref/udp-upper/server.py`. An empty datagram is a datagram.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::UdpSocket;

use crate::args::UdpUpper;
use crate::screen;

pub(crate) async fn serve(options: UdpUpper) -> anyhow::Result<()> {
    let cannot = || format!("cannot listen on {}", options.listen);
    let addresses = options.listen.resolve().await.with_context(cannot)?;
    let socket = UdpSocket::bind(&*addresses).await.with_context(cannot)?;
    tracing::info!("listening on {}", socket.local_addr()?);
    let mut buffer = [0; 1024];
    loop {
        // What does not fit is cut off by the kernel, as it is for the reference.
        let (len, client) = socket.recv_from(&mut buffer).await?;
        let data = buffer.split_at(len).0;
        let shown = format!("===> {} {}", pytext::repr_bytes(data), python_address(client));
        screen::print(&shown).await?;
        if let Err(error) = socket.send_to(&pytext::bytes_upper(data), client).await {
            tracing::warn!("{client}: {error}");
        }
    }
}

/// The tuple that Python's `recvfrom` gives.
fn python_address(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => format!("('{}', {})", v4.ip(), v4.port()),
        SocketAddr::V6(v6) => {
            format!("('{}', {}, {}, {})", v6.ip(), v6.port(), v6.flowinfo(), v6.scope_id())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_look_like_pythons_tuples() {
        assert_eq!(python_address("127.0.0.1:80".parse().unwrap()), "('127.0.0.1', 80)");
        assert_eq!(python_address("[::1]:80".parse().unwrap()), "('::1', 80, 0, 0)");
    }
}
