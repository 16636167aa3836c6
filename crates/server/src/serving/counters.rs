//! What this server has done so far, in numbers: for the log's last line and for `/metrics`.

use std::fmt;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::ledger::Ledger;
use super::options::{Cut, Refusal};

/// By reason, which is the name of the option that sets the limit where there is one.
type ByReason = Family<[(&'static str, &'static str); 1], Counter>;

/// Counters of whole connections. What those have moved that are still open comes from the ledger.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    pub(super) connections: Counter,
    pub(super) failed: Counter,
    pub(super) received: Counter,
    pub(super) sent: Counter,
    refused: ByReason,
    cut: ByReason,
    /// Sums of the two before, which they don't give themselves.
    refused_in_all: Counter,
    cut_in_all: Counter,
}

impl Counters {
    /// A connection was refused.
    pub(super) fn count_refused(&self, why: Refusal) {
        self.refused.get_or_create(&[("reason", why.label())]).inc();
        self.refused_in_all.inc();
    }

    /// A session was cut short.
    pub(super) fn count_cut(&self, why: Cut) {
        self.cut.get_or_create(&[("reason", why.label())]).inc();
        self.cut_in_all.inc();
    }
}

/// In words, for the end.
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

/// All of it in the text format of OpenMetrics, which Prometheus reads.
///
/// # Errors
/// None in practice: a String takes everything.
pub(super) fn exposition(ledger: &Ledger) -> Result<String, fmt::Error> {
    let Counters { connections, failed, refused, cut, .. } = &ledger.counters;
    let (open, received, sent) = ledger.totals();
    let mut registry = Registry::with_prefix("frame_server");
    registry.register("connections", "Connections served", connections.clone());
    registry.register("failed", "Connections that ended in an error", failed.clone());
    registry.register("refused", "Connections closed unserved, by the limit", refused.clone());
    registry.register("cut_short", "Connections cut short, by the limit", cut.clone());
    let open = ConstGauge::new(i64::try_from(open).unwrap_or(i64::MAX));
    registry.register("open_connections", "Connections that are open now", open);
    for (name, help, bytes) in
        [("received", "Received from clients", received), ("sent", "Sent to clients", sent)]
    {
        registry.register_with_unit(name, help, Unit::Bytes, ConstCounter::new(bytes));
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}
