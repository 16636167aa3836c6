//! `greeting`: whatever a client says, it is greeted.
//!
//! Source: `python-ref/greeting/server.py`. Unlike it, this server goes on after the first client.

use std::sync::Arc;

use endpoint::Stream;

use crate::accept::serve_each;
use crate::args::{Clauses, Greeting};
use crate::one_turn::{answer, receive};

pub(crate) async fn serve(options: Greeting, clauses: Clauses) -> anyhow::Result<()> {
    let said: Arc<str> = options.answer.into();
    serve_each(&options.listen, clauses, move |stream| greet(stream, said.clone())).await
}

async fn greet(mut stream: Stream, said: Arc<str>) -> anyhow::Result<()> {
    receive(&mut stream).await?;
    answer(stream, said.as_bytes()).await
}
