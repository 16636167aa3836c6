//! `udp-hello`: shows each datagram as bytes, and sends an answer.
//!
//! Source: `python-ref/udp-hello/server.py`. Unlike it, this server goes on after the first one.

use crate::args::UdpHello;
use crate::clauses::Clauses;
use crate::datagrams::serve_each;

pub(crate) async fn serve(options: UdpHello, clauses: Clauses) -> anyhow::Result<()> {
    let answer = options.answer.as_bytes();
    serve_each::<1024>(&options.listen, &options.access, clauses, |data, _| {
        (pytext::repr_bytes(data), answer.to_vec())
    })
    .await
}
