//! What a network does to datagrams of several clients: which are sent now, and which later.

use std::future::pending;
use std::time::Duration;

use model::observation::Direction;
use tokio::time::{Instant, sleep_until};

use super::Disturbance;
use super::datagram_shaper::{DatagramShaper, Deed};

/// A datagram that is to be sent.
#[derive(Debug)]
pub struct Parcel {
    /// The number of the client that it comes from, or goes to.
    pub client: usize,
    /// Which way it goes.
    pub direction: Direction,
    /// What is in it.
    pub bytes: Vec<u8>,
    due: Instant,
    /// Whether it is sent at once after the next that is sent its way.
    is_overtaken: bool,
}

/// Both directions of all datagrams, and what is to be sent later. It knows no socket.
#[derive(Debug)]
pub struct Lanes<'a> {
    disturbance: &'a Disturbance,
    up: DatagramShaper,
    down: DatagramShaper,
    /// In the order in which they came.
    late: Vec<Parcel>,
}

impl<'a> Lanes<'a> {
    /// Lanes that do to datagrams what `disturbance` does.
    #[must_use]
    pub fn new(disturbance: &'a Disturbance) -> Self {
        let up = DatagramShaper::new(disturbance, Direction::ToServer);
        let down = DatagramShaper::new(disturbance, Direction::ToClient);
        Self { disturbance, up, down, late: Vec::new() }
    }

    /// Whether something is to happen at all to datagrams.
    #[must_use]
    pub fn disturb(&self) -> bool {
        self.disturbance.disturbs(true)
    }

    /// A datagram has come: what is to be sent now. What is to be sent later is kept. `fault` is called when
    /// the network's fault happens.
    pub fn came(
        &mut self,
        client: usize,
        direction: Direction,
        bytes: &[u8],
        mut fault: impl FnMut(),
    ) -> Vec<Parcel> {
        let shaper = match direction {
            Direction::ToServer => &mut self.up,
            Direction::ToClient => &mut self.down,
        };
        let came = Instant::now();
        let mut now = Vec::new();
        for deed in shaper.datagram(bytes) {
            let parcel = |bytes, delay, is_overtaken| Parcel {
                client,
                direction,
                bytes,
                due: came + delay,
                is_overtaken,
            };
            match deed {
                Deed::Fault => fault(),
                Deed::Send(bytes, Duration::ZERO) => {
                    now.push(parcel(bytes, Duration::ZERO, false));
                    let overtaken =
                        |held: &mut Parcel| held.is_overtaken && held.direction == direction;
                    now.extend(self.late.extract_if(.., overtaken));
                }
                Deed::Send(bytes, delay) => self.keep(parcel(bytes, delay, false)),
                Deed::Hold(bytes, time) => self.keep(parcel(bytes, time, true)),
            }
        }
        now
    }

    /// A datagram that is only late is overtaken by none that goes its way.
    fn keep(&mut self, mut parcel: Parcel) {
        let before = self.late.iter().filter(|late| late.direction == parcel.direction);
        parcel.due = before.map(|late| late.due).fold(parcel.due, Instant::max);
        self.late.push(parcel);
    }

    /// Wait for the time of what is to be sent next; without end, if nothing is. Whoever drops this
    /// before has lost nothing.
    pub async fn next_due(&mut self) -> Parcel {
        let first = self.late.iter().enumerate().min_by_key(|(_, late)| late.due);
        let Some((nth, due)) = first.map(|(nth, late)| (nth, late.due)) else {
            return pending().await;
        };
        sleep_until(due).await;
        self.late.remove(nth)
    }
}
