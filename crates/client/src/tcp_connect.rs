//! `tcp-connect`: connects, and ends.
//!
//! Source: `python-ref/tcp-connect/client.py`.

use std::io;

use anyhow::Context;
use endpoint::Stream;

use crate::args::TcpConnect;

pub(crate) async fn connect(options: TcpConnect) -> anyhow::Result<()> {
    let address = &options.connect;
    match Stream::connect(address).await {
        // A server that ends resets the connections that it has not accepted. A missing server
        // refuses, so a reset means that the server was there; the reset may come before this
        // client looks.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
        connected => connected.map(drop).with_context(|| format!("cannot connect to {address}")),
    }
}
