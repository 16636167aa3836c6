//! `tcp-hello`: shows each client's message as bytes, and sends an answer.
//!
//! Source: `python-ref/tcp-hello/server.py`. Unlike it, this server goes on after the first client.

use std::sync::Arc;

use crate::args::TcpHello;
use crate::clauses::Clauses;
use crate::one_turn::{answer, receive};
use crate::screen;
use crate::serving::{Connection, serve_each};

pub(crate) async fn serve(options: TcpHello, clauses: Clauses) -> anyhow::Result<()> {
    let said: Arc<str> = options.answer.into();
    serve_each(&options.listen, &options.serving, clauses, move |stream| {
        hello(stream, said.clone())
    })
    .await
}

async fn hello(mut stream: Connection, said: Arc<str>) -> anyhow::Result<()> {
    let message = receive(&mut stream).await?;
    screen::print(&pytext::repr_bytes(&message)).await?;
    answer(stream, said.as_bytes()).await
}
