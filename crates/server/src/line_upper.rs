//! `line-upper` and `line-upper-serial`: answers one recv(1024), stripped, in upper case.
//!
//! Source: `python-ref/line-upper/server.py`. This server prints both lines of a client at once,
//! where the reference's threads may mix theirs. Its answer arrives, also when it leaves input
//! unread.

use endpoint::Peer;
use pytext::{bytes_strip, bytes_upper, repr_bytes};

use crate::args::LineUpper;
use crate::clauses::Clauses;
use crate::one_turn::{answer, receive};
use crate::screen;
use crate::serving::{Connection, serve_each_from};

pub(crate) async fn serve(options: LineUpper, clauses: Clauses) -> anyhow::Result<()> {
    serve_each_from(&options.listen, &options.serving, clauses, raise).await
}

async fn raise(mut stream: Connection, peer: Peer) -> anyhow::Result<()> {
    let (shown, raised) = turn(&receive(&mut stream).await?, &peer);
    screen::print(&shown).await?;
    answer(stream, &raised).await
}

/// The two printed lines for a message, and the answer.
pub(crate) fn turn(message: &[u8], peer: &Peer) -> (String, Vec<u8>) {
    let data = bytes_strip(message);
    let host = peer.host_printed_by_python(repr_bytes);
    (format!("{host} wrote:\n{}", repr_bytes(data)), bytes_upper(data))
}
