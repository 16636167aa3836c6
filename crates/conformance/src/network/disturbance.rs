//! What a recorder is to do to what it passes on, and until when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::case::{Kind, Network};

/// A network for the first of a case's exchanges. What comes after it is over passes undisturbed.
#[derive(Debug, Clone)]
pub struct Disturbance {
    /// What happens.
    pub network: Network,
    /// What decides wherever the network leaves something open.
    pub seed: u64,
    over: Arc<AtomicBool>,
}

impl Disturbance {
    /// A disturbance that is not over yet.
    #[must_use]
    pub fn new(network: Network, seed: u64) -> Self {
        Self { network, seed, over: Arc::default() }
    }

    /// From now on new connections, and datagrams, are passed on as they come. What goes over a
    /// connection that was opened before is disturbed as ever.
    pub fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// Whether something is to happen at all to what is sent as datagrams, or as streams.
    #[must_use]
    pub fn disturbs(&self, datagrams: bool) -> bool {
        self.network.kind != Kind::AsIs && self.network.fits(datagrams)
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}
