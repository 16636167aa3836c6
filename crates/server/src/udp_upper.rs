//! `udp-upper`: sends each datagram's first 1024 bytes back in upper case.
//!
//! Source: `python-ref/udp-upper/server.py`. An empty datagram is a datagram.

use pytext::{bytes_upper, repr_bytes};

use crate::args::UdpUpper;
use crate::clauses::Clauses;
use crate::datagrams::serve_each;

pub(crate) async fn serve(options: UdpUpper, clauses: Clauses) -> anyhow::Result<()> {
    serve_each::<1024>(&options.listen, &options.access, clauses, |data, client| {
        let client = client.printed_by_python(repr_bytes);
        (format!("===> {} {client}", repr_bytes(data)), bytes_upper(data))
    })
    .await
}
