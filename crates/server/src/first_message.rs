//! `first-message`: shows each client's address and message as text, and sends an answer.
//!
//! Source: `python-ref/first-message/server.py`. Unlike it, this server goes on after the first
//! client, also after a client whose message is not UTF-8.

use std::sync::Arc;

use anyhow::Context;
use endpoint::Peer;
use pytext::{decode_utf8, repr_bytes};

use crate::args::FirstMessage;
use crate::clauses::Clauses;
use crate::one_turn::{answer, receive};
use crate::screen;
use crate::serving::{Connection, serve_each_from};

pub(crate) async fn serve(options: FirstMessage, clauses: Clauses) -> anyhow::Result<()> {
    let said: Arc<str> = options.answer.into();
    serve_each_from(&options.listen, &options.serving, clauses, move |stream, peer| {
        meet(stream, peer, said.clone())
    })
    .await
}

async fn meet(mut stream: Connection, peer: Peer, said: Arc<str>) -> anyhow::Result<()> {
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
