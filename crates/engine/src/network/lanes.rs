//! What a network does to the datagrams of several clients: which are sent now, and which later.

use std::future::pending;
use std::time::Duration;

use model::observation::Direction;
use tokio::time::{Instant, sleep_until};

use super::Disturbance;
use super::datagram_shaper::{DatagramShaper, Deed};

/// A datagram to send.
#[derive(Debug)]
pub struct Parcel {
    /// The number of the client that sent it, or that it goes to.
    pub client: usize,
    /// Which way it goes.
    pub direction: Direction,
    /// Its bytes.
    pub bytes: Vec<u8>,
    due: Instant,
    /// Whether it is sent right after the next one in its direction.
    is_overtaken: bool,
}

/// Both directions of all datagrams, and the queue of later ones. It knows no sockets.
#[derive(Debug)]
pub struct Lanes<'a> {
    disturbance: &'a Disturbance,
    up: DatagramShaper,
    down: DatagramShaper,
    /// In order of arrival.
    late: Vec<Parcel>,
}

impl<'a> Lanes<'a> {
    /// Lanes that apply `disturbance` to datagrams.
    #[must_use]
    pub fn new(disturbance: &'a Disturbance) -> Self {
        let up = DatagramShaper::new(disturbance, Direction::ToServer);
        let down = DatagramShaper::new(disturbance, Direction::ToClient);
        Self { disturbance, up, down, late: Vec::new() }
    }

    /// Whether datagrams are affected at all.
    #[must_use]
    pub fn disturb(&self) -> bool {
        self.disturbance.disturbs(true)
    }

    /// Handles a new datagram. Returns what to send now, and keeps what must be sent later. Calls `fault` when
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

    /// A datagram that is only delayed keeps its place in its direction.
    fn keep(&mut self, mut parcel: Parcel) {
        let before = self.late.iter().filter(|late| late.direction == parcel.direction);
        parcel.due = before.map(|late| late.due).fold(parcel.due, Instant::max);
        self.late.push(parcel);
    }

    /// Waits until the next datagram is due; for ever, if there is none. Dropping this future loses nothing.
    pub async fn next_due(&mut self) -> Parcel {
        let first = self.late.iter().enumerate().min_by_key(|(_, late)| late.due);
        let Some((nth, due)) = first.map(|(nth, late)| (nth, late.due)) else {
            return pending().await;
        };
        sleep_until(due).await;
        self.late.remove(nth)
    }
}
