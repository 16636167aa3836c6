//! The numbers of the counters and the ledger in the text format of OpenMetrics, for `/metrics`.

use std::fmt;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::counters::Counters;
use super::ledger::Ledger;

/// All numbers in the text format of OpenMetrics, which Prometheus reads.
///
/// # Errors
/// Never happens in practice: writing to a String does not fail.
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
