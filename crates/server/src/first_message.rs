//! `first-message`: who connects and what it says, shown as text, and an answer.
//!
//! Source: `python-ref/first-message/server.py`. Unlike it, this server goes on after the first
//! client, also after one whose message is no text.

use std::sync::Arc;

use anyhow::Context;
use endpoint::{Peer, Stream};
use pytext::{decode_utf8, repr_bytes};

use crate::accept::serve_each_from;
use crate::args::{Clauses, FirstMessage};
use crate::one_turn::{answer, receive};
use crate::screen;

pub(crate) async fn serve(options: FirstMessage, clauses: Clauses) -> anyhow::Result<()> {
    let said: Arc<str> = options.answer.into();
    serve_each_from(&options.listen, clauses, move |stream, peer| meet(stream, peer, said.clone()))
        .await
}

async fn meet(mut stream: Stream, peer: Peer, said: Arc<str>) -> anyhow::Result<()> {
    screen::print(&peer.printed_by_python(repr_bytes)).await?;
    let message = receive(&mut stream).await?;
    match decode_utf8(&message).context("the message is not UTF-8") {
        Ok(text) => {
            screen::print(&format!("收到来自客户端的消息:{text}")).await?;
            answer(stream, said.as_bytes()).await
        }
        Err(error) => {
            answer(stream, b"").await?;
            Err(error)
        }
    }
}
