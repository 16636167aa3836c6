//! `tcp-upper`: a stream back in upper case.
//!
//! Source: `python-ref/tcp-upper/server.py`. Unlike it, this server takes the end of a client's
//! stream for the end, where the reference answers it for ever.

use endpoint::{Stream, python_os_error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::accept::serve_each;
use crate::args::TcpUpper;
use crate::screen;

pub(crate) async fn serve(options: TcpUpper) -> anyhow::Result<()> {
    serve_each(&options.listen, echo).await
}

async fn echo(mut stream: Stream) -> anyhow::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let answered = async {
            let read = stream.read(&mut buffer).await?;
            let data = buffer.split_at(read).0;
            if !data.is_empty() {
                screen::print(&format!("接收客户端的数据: {}", pytext::repr_bytes(data)))?;
                stream.write_all(&pytext::bytes_upper(data)).await?;
            }
            Ok::<_, std::io::Error>(read)
        };
        match answered.await {
            Ok(0) => return Ok(stream.shutdown().await?),
            Ok(_) => {}
            // The reference shows the error on its screen and waits for the next client.
            Err(error) => return Ok(screen::print(&python_os_error(&error))?),
        }
    }
}
