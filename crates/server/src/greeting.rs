//! `greeting`: answers every client with a greeting.
//!
//! Source: `python-ref/greeting/server.py`. Unlike it, this server goes on after the first client.

use std::sync::Arc;

use crate::args::Greeting;
use crate::clauses::Clauses;
use crate::one_turn::{answer, receive};
use crate::serving::{Connection, serve_each};

pub(crate) async fn serve(options: Greeting, clauses: Clauses) -> anyhow::Result<()> {
    let said: Arc<str> = options.answer.into();
    serve_each(&options.listen, &options.serving, clauses, move |stream| {
        greet(stream, said.clone())
    })
    .await
}

async fn greet(mut stream: Connection, said: Arc<str>) -> anyhow::Result<()> {
    receive(&mut stream).await?;
    answer(stream, said.as_bytes()).await
}
