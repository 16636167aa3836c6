//! `tcp-upper`: sends a stream back in upper case.
//!
//! Source: `python-ref/tcp-upper/server.py`. Unlike it, this server ends a session at the end
//! of the client's stream, where the reference answers for ever.

use std::io;

use endpoint::python_os_error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::args::TcpUpper;
use crate::clauses::Clauses;
use crate::screen;
use crate::serving::{Connection, serve_each};

pub(crate) async fn serve(options: TcpUpper, clauses: Clauses) -> anyhow::Result<()> {
    serve_each(&options.listen, &options.serving, clauses, echo).await
}

async fn echo(mut stream: Connection) -> anyhow::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let read = match stream.read(&mut buffer).await {
            Ok(0) => return Ok(stream.shutdown().await?),
            Ok(read) => read,
            Err(error) => return show(&error).await,
        };
        let data = buffer.split_at_mut(read).0;
        screen::print_line(line(data)).await?;
        // bytes.upper() changes only ASCII letters.
        data.make_ascii_uppercase();
        if let Err(error) = stream.write_all(data).await {
            return show(&error).await;
        }
    }
}

/// The printed form of some data, in one allocation if it needs no escapes.
fn line(data: &[u8]) -> String {
    const BEFORE: &str = "接收客户端的数据: ";
    let mut line = String::with_capacity(BEFORE.len() + "b''\n".len() + data.len());
    line.push_str(BEFORE);
    pytext::push_repr_bytes(&mut line, data);
    line.push('\n');
    line
}

/// The reference prints a connection's error and waits for the next client.
async fn show(error: &io::Error) -> anyhow::Result<()> {
    Ok(screen::print(&python_os_error(error)).await?)
}
