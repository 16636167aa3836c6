//! `tcp-connect`: connect, and end.
//!
//! Source: `python-ref/tcp-connect/client.py`.

use std::io;

use anyhow::Context;
use endpoint::Stream;

use crate::args::TcpConnect;

pub(crate) async fn connect(options: TcpConnect) -> anyhow::Result<()> {
    let address = &options.connect;
    match Stream::connect(address).await {
        // The server ends and takes its connections along. One that is not there refuses; only one
        // that was there resets, and may do so before anybody has looked.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
        connected => connected.map(drop).with_context(|| format!("cannot connect to {address}")),
    }
}
