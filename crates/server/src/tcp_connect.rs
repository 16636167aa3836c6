//! `tcp-connect`: listens, prints 123, and ends. It accepts no client.
//!
//! Source: `python-ref/tcp-connect/server.py`.

use crate::args::TcpConnect;
use crate::screen;
use crate::serving::listen;

pub(crate) async fn serve(options: TcpConnect) -> anyhow::Result<()> {
    let _listener = listen(&options.listen, options.access.reach()).await?;
    Ok(screen::print("123").await?)
}
