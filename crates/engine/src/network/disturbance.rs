//! What a recorder is to do to what it passes on, and until when.

use std::sync::Arc;

use model::case::{Kind, Network};
use tokio::sync::watch;

/// A network for the first of a case's exchanges. What comes after it is over passes undisturbed.
#[derive(Debug, Clone)]
pub struct Disturbance {
    /// What happens.
    pub network: Network,
    /// The seed of the network's random choices.
    pub seed: u64,
    phase: Arc<watch::Sender<Phase>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    #[default]
    Disturbing,
    Over,
    /// The recorder has taken up all that was sent before.
    Noticed,
}

impl Disturbance {
    /// A disturbance that is not over yet.
    #[must_use]
    pub fn new(network: Network, seed: u64) -> Self {
        Self { network, seed, phase: Arc::default() }
    }

    /// From now on what new connections carry, and new clients' datagrams, is passed on as it comes.
    /// What goes over a connection that was opened before, or from or to a client that has sent its
    /// first datagram before, is disturbed as ever.
    pub fn end(&self) {
        self.phase.send_replace(Phase::Over);
    }

    /// Wait until it is over.
    pub(super) async fn ended(&self) {
        self.wait_for(Phase::Over).await;
    }

    /// Say that all that was sent before it was over has been taken up.
    pub(super) fn notice(&self) {
        self.phase.send_replace(Phase::Noticed);
    }

    /// Wait until a recorder of datagrams has noticed that it is over: none of those that come
    /// later is of a client that came before.
    pub async fn noticed(&self) {
        self.wait_for(Phase::Noticed).await;
    }

    async fn wait_for(&self, phase: Phase) {
        // The sender is in `self`, so there is no end to wait for.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Whether something is to happen at all to what is sent as datagrams, or as streams.
    #[must_use]
    pub fn disturbs(&self, datagrams: bool) -> bool {
        self.network.kind != Kind::AsIs && self.network.fits(datagrams)
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        *self.phase.borrow() >= Phase::Over
    }
}
