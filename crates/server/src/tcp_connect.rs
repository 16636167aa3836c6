//! `tcp-connect`: listen, say so, and end. Nobody is ever accepted.
//!
//! Source: `python-ref/tcp-connect/server.py`.

use anyhow::Context;
use endpoint::Listener;

use crate::args::TcpConnect;
use crate::screen;

pub(crate) async fn serve(options: TcpConnect) -> anyhow::Result<()> {
    let address = &options.listen;
    let listener =
        Listener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!("listening on {}", listener.local_name()?);
    Ok(screen::print("123").await?)
}
