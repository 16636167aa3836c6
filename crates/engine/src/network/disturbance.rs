//! What a recorder must do to the traffic, and until when.

use std::sync::Arc;

use model::case::{Kind, Network};
use tokio::sync::watch;

/// The network for the first exchange of a case. After it ends, traffic is not disturbed.
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
    /// The recorder has received everything that was sent before.
    Noticed,
}

impl Disturbance {
    /// A disturbance that is not over yet.
    #[must_use]
    pub fn new(network: Network, seed: u64) -> Self {
        Self { network, seed, phase: Arc::default() }
    }

    /// Ends the disturbance for new connections and for datagrams of new clients. Connections that were opened
    /// before, and datagrams from or to earlier clients, are still disturbed.
    pub fn end(&self) {
        self.phase.send_replace(Phase::Over);
    }

    /// Waits until it is over.
    pub(super) async fn ended(&self) {
        self.wait_for(Phase::Over).await;
    }

    /// Records that everything sent before its end has been received.
    pub(super) fn notice(&self) {
        self.phase.send_replace(Phase::Noticed);
    }

    /// Waits until a recorder of datagrams has noticed the end. All later datagrams are from later clients.
    pub async fn noticed(&self) {
        self.wait_for(Phase::Noticed).await;
    }

    async fn wait_for(&self, phase: Phase) {
        // `self` holds the sender, so the channel can't close.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Whether it affects datagrams, or streams, at all.
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
