//! `udp-upper`: each datagram's first 1024 bytes back in upper case.
//!
//! Source: `python-ref/udp-upper/server.py`. An empty datagram is a datagram.

use anyhow::Context;
use endpoint::Datagrams;
use pytext::repr_bytes;

use crate::args::UdpUpper;
use crate::screen;

pub(crate) async fn serve(options: UdpUpper) -> anyhow::Result<()> {
    let cannot = || format!("cannot listen on {}", options.listen);
    let socket = Datagrams::bind(&options.listen).await.with_context(cannot)?;
    tracing::info!("listening on {}", socket.local_name()?);
    let mut buffer = [0; 1024];
    loop {
        // What does not fit is cut off by the kernel, as it is for the reference.
        let (len, client) = socket.recv_from(&mut buffer).await?;
        let data = buffer.split_at(len).0;
        let shown = format!("===> {} {}", repr_bytes(data), client.printed_by_python(repr_bytes));
        screen::print(&shown).await?;
        if let Err(error) = socket.send_to(&pytext::bytes_upper(data), &client).await {
            tracing::warn!("{client}: {error}");
        }
    }
}
