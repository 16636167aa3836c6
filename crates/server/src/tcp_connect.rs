//! `tcp-connect`: listen, say so, and end. Nobody is ever accepted.
//!
//! Source: `python-ref/tcp-connect/server.py`.

use crate::args::TcpConnect;
use crate::screen;
use crate::serving::listen;

pub(crate) async fn serve(options: TcpConnect) -> anyhow::Result<()> {
    let _listener = listen(&options.listen, options.access.reach()).await?;
    Ok(screen::print("123").await?)
}
