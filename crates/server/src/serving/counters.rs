//! Counts what this server has done so far: for the log's last line and for `exposition.rs`.

use std::fmt;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use super::options::{Cut, Refusal};

/// By reason. The reason is the name of the option that sets the limit, where there is one.
pub(super) type ByReason = Family<[(&'static str, &'static str); 1], Counter>;

/// The counters of closed connections. The ledger has the bytes of open connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    pub(super) connections: Counter,
    pub(super) failed: Counter,
    pub(super) received: Counter,
    pub(super) sent: Counter,
    pub(super) refused: ByReason,
    pub(super) cut: ByReason,
    /// The sums of the two families above, which do not sum themselves.
    refused_in_all: Counter,
    cut_in_all: Counter,
}

impl Counters {
    /// Counts a refused connection.
    pub(super) fn count_refused(&self, why: Refusal) {
        self.refused.get_or_create(&[("reason", why.label())]).inc();
        self.refused_in_all.inc();
    }

    /// Counts a session that was cut short.
    pub(super) fn count_cut(&self, why: Cut) {
        self.cut.get_or_create(&[("reason", why.label())]).inc();
        self.cut_in_all.inc();
    }
}

/// The counts in words, for the log's last line.
impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} connections: {} failed, {} cut short; {} more refused; {} bytes received, {} sent",
            self.connections.get(),
            self.failed.get(),
            self.cut_in_all.get(),
            self.refused_in_all.get(),
            self.received.get(),
            self.sent.get()
        )
    }
}
