//! `line-upper-udp`: answers a line in upper case, one datagram each way.
//!
//! Source: `python-ref/line-upper-udp/server.py`, where socketserver reads 8192 bytes of a datagram.

use crate::args::LineUpperUdp;
use crate::clauses::Clauses;
use crate::datagrams::serve_each;
use crate::line_upper::turn;

pub(crate) async fn serve(options: LineUpperUdp, clauses: Clauses) -> anyhow::Result<()> {
    serve_each::<8192>(&options.listen, &options.access, clauses, turn).await
}
