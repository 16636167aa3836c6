//! Relays one client's connection and its counterpart to the server, over a network that disturbs.
//!
//! In each direction, one future hears the sender and records what it sends at once. Another does to the
//! receiver what the direction's shaper says, at the shaper's pace. This module decides nothing about bytes;
//! the shaper does. It ends a connection only if its network does.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use model::observation::{Direction, WireItem};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Disturbance;
use super::passing::{Broken, CHUNK_BYTES};
use super::shaper::{Action, Fault, Shaper};
use super::socket::{Connection, Incoming, Outgoing};
use crate::platform::{ReadWatch, Receiver};

/// When a sender has read everything and has been silent for this long, it waits for an answer. Then the held
/// bytes are sent, as no more will come.
const SILENCE: Duration = Duration::from_millis(20);
/// The longest wait for a sender that doesn't read what was sent to it.
const LONG_SILENCE: Duration = Duration::from_millis(200);
/// With this many bytes on the way to a receiver, the sender isn't heard until some are forwarded. It sees its
/// connection fill up, as it would without the recorder.
const UNDER_WAY_BYTES: usize = 1 << 20;

/// What happened to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    /// Both directions have ended; the senders are still heard.
    Cut,
    /// Both directions are silent; the senders are still heard.
    Stalled,
    /// Reset, by the network or by a peer.
    Broken,
}

/// One action, and the time when it was requested.
struct Order {
    action: Step,
    came: Instant,
}

enum Step {
    Do(Action),
    /// Nothing more is forwarded in this direction, because of the other direction's fate.
    Leave,
    /// The sender reset the connection.
    BreakOff,
}

/// Watches whether each program has read its data. The two may be in different network namespaces.
#[derive(Debug, Clone)]
pub(super) struct Watches {
    pub(super) of_client: Arc<ReadWatch>,
    pub(super) of_server: Arc<ReadWatch>,
}

/// Observes a connection.
pub(super) trait Heard: Sync {
    /// An event on the connection.
    fn note(&self, direction: Direction, what: WireItem);
    /// The receiver got an end of stream or a reset.
    fn gave_end(&self, _direction: Direction, _is_reset: bool) {}
}

/// What both directions of a connection share.
pub(super) struct DisturbedLink<'a> {
    pub(super) number: u32,
    pub(super) heard: &'a dyn Heard,
    pub(super) disturbance: &'a Disturbance,
    pub(super) watches: &'a Watches,
    /// The maximum number of held bytes per direction. If more wait, they are sent.
    pub(super) merged_max_bytes: usize,
}

/// One direction of a connection.
struct Lane<'a> {
    link: &'a DisturbedLink<'a>,
    direction: Direction,
    fate: &'a watch::Sender<Fate>,
    /// Set when the client has ended its stream. A stalled connection stays open until then.
    client_ended: &'a watch::Sender<bool>,
    /// Bytes that were heard and not yet forwarded, except those that are held.
    under_way: watch::Sender<usize>,
    /// The number of forwarded bytes.
    sent: watch::Sender<u64>,
    /// The receiver, if the system says whether it has read.
    receiver: Option<Receiver>,
}

impl DisturbedLink<'_> {
    /// Relays until both sides have ended, or the network has ended the connection.
    pub(super) async fn pass(&self, client: Connection, server: Connection) -> Result<(), Broken> {
        let fate = watch::Sender::new(Fate::Open);
        let client_ended = watch::Sender::new(false);
        let lane = |direction, receiver: io::Result<Receiver>| Lane {
            link: self,
            direction,
            fate: &fate,
            client_ended: &client_ended,
            under_way: watch::Sender::new(0),
            sent: watch::Sender::new(0),
            receiver: receiver.ok(),
        };
        let up = lane(Direction::ToServer, Receiver::of(server.socket(), &self.watches.of_server));
        let down =
            lane(Direction::ToClient, Receiver::of(client.socket(), &self.watches.of_client));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let (up_orders, up_to_do) = mpsc::unbounded_channel();
        let (down_orders, down_to_do) = mpsc::unbounded_channel();
        let say = async {
            let (to_server, to_client) =
                tokio::join!(up.say(to_server, up_to_do), down.say(to_client, down_to_do));
            let fate_now = *fate.borrow();
            match fate_now {
                Fate::Open | Fate::Cut => {}
                Fate::Broken => {
                    self.heard.gave_end(Direction::ToServer, true);
                    self.heard.gave_end(Direction::ToClient, true);
                    to_server.break_off();
                    to_client.break_off();
                    return Err(Broken::Reset);
                }
                Fate::Stalled => {
                    let _ = client_ended.subscribe().wait_for(|ended| *ended).await;
                    return Err(Broken::Closed);
                }
            }
            // The connection stays open until both peers have sent everything.
            Ok((to_server, to_client))
        };
        let heard = tokio::try_join!(
            up.hear(from_client, up_orders, &down),
            down.hear(from_server, down_orders, &up),
            say
        );
        heard.map(drop)
    }
}

impl Lane<'_> {
    /// Records what the sender sends, to its end, and passes it on while this direction is open.
    async fn hear(
        &self,
        mut from: Incoming,
        orders: mpsc::UnboundedSender<Order>,
        back: &Lane<'_>,
    ) -> Result<(), Broken> {
        let order = |action| {
            if let Step::Do(Action::Write(bytes)) = &action {
                self.under_way.send_modify(|count| *count += bytes.len());
            }
            // The receiver of orders is gone if the network cut the other direction.
            let _ = orders.send(Order { action, came: Instant::now() });
        };
        let order_all = |actions: Vec<Action>| actions.into_iter().map(Step::Do).for_each(order);
        let mut shaper = Shaper::new(self.link.disturbance, self.direction, self.link.number);
        let mut buffer = vec![0; CHUNK_BYTES];
        let (mut is_passing, mut fate) = (true, self.fate.subscribe());
        order_all(shaper.open());
        loop {
            let read = tokio::select! {
                biased;
                _ = fate.wait_for(|fate| *fate != Fate::Open), if is_passing => {
                    is_passing = false;
                    order_all(shaper.release());
                    order(Step::Leave);
                    continue;
                }
                read = self.read(&mut from, &mut buffer, &shaper, back, is_passing) => read,
            };
            let read = match read {
                None => {
                    order_all(shaper.release());
                    continue;
                }
                Some(Ok(0)) => {
                    self.note(WireItem::Fin);
                    self.note_the_clients_end();
                    if is_passing {
                        order_all(shaper.end());
                    }
                    return Ok(());
                }
                Some(Err(_)) => {
                    self.note(WireItem::Reset);
                    self.note_the_clients_end();
                    if is_passing {
                        order_all(shaper.release());
                        order(Step::BreakOff);
                    }
                    return Ok(());
                }
                Some(Ok(read)) => read,
            };
            let bytes = buffer.split_at(read).0;
            self.note(WireItem::Segment(bytes.into()));
            if is_passing {
                order_all(shaper.bytes(bytes));
                if shaper.held_bytes() > self.link.merged_max_bytes {
                    order_all(shaper.release());
                }
            }
        }
    }

    /// The sender's next data; `None` when bytes are held and the sender waits too.
    async fn read(
        &self,
        from: &mut Incoming,
        buffer: &mut [u8],
        shaper: &Shaper,
        back: &Lane<'_>,
        is_passing: bool,
    ) -> Option<io::Result<usize>> {
        if is_passing {
            let has_room = |count: &usize| *count < UNDER_WAY_BYTES;
            let _ = self.under_way.subscribe().wait_for(has_room).await;
        }
        if !(is_passing && shaper.holds()) {
            return Some(from.read(buffer).await);
        }
        let began = Instant::now();
        let mut deadline = began + SILENCE;
        loop {
            match timeout_at(deadline, from.read(buffer)).await {
                Ok(read) => return Some(read),
                Err(_) if began.elapsed() >= LONG_SILENCE || back.is_read() => return None,
                Err(_) => deadline += SILENCE,
            }
        }
    }

    /// Carries out the actions towards the receiver until this direction ends.
    async fn say(&self, mut to: Outgoing, mut orders: mpsc::UnboundedReceiver<Order>) -> Outgoing {
        let mut receiver_is_there = true;
        while let Some(Order { action, came }) = orders.recv().await {
            match action {
                Step::Do(Action::Write(bytes)) => {
                    if receiver_is_there {
                        receiver_is_there = self.write(&mut to, &bytes).await.is_ok();
                    }
                    self.under_way.send_modify(|count| *count -= bytes.len());
                }
                Step::Do(Action::AwaitRead) if receiver_is_there => self.await_read().await,
                Step::Do(Action::AwaitRead) => {}
                Step::Do(Action::Delay(delay)) => sleep_until(came + delay).await,
                Step::Do(Action::Fault(fault)) => {
                    if self.happen(fault, &mut to).await {
                        break;
                    }
                }
                Step::Do(Action::End) => {
                    self.shut(&mut to).await;
                    break;
                }
                Step::Leave => {
                    self.leave(&mut to).await;
                    break;
                }
                Step::BreakOff => {
                    self.fate.send_if_modified(|fate| {
                        let is_open = *fate == Fate::Open;
                        *fate = if is_open { Fate::Broken } else { *fate };
                        is_open
                    });
                    break;
                }
            }
        }
        to
    }

    async fn write(&self, to: &mut Outgoing, bytes: &[u8]) -> io::Result<()> {
        to.write_all(bytes).await?;
        self.sent.send_modify(|sent| *sent += bytes.len() as u64);
        self.note(WireItem::Delivered(bytes.into()));
        Ok(())
    }

    async fn await_read(&self) {
        if let Some(receiver) = &self.receiver {
            let sent = *self.sent.borrow();
            receiver.has_read(sent).await;
        }
    }

    /// Whether the receiver has read everything that was sent.
    fn is_read(&self) -> bool {
        let has_read = |receiver: &Receiver| receiver.has_read_now(*self.sent.borrow());
        *self.under_way.borrow() == 0 && self.receiver.as_ref().is_none_or(has_read)
    }

    /// Applies the fault, unless one has happened in the other direction. Returns whether this direction is
    /// over.
    async fn happen(&self, fault: Fault, to: &mut Outgoing) -> bool {
        if *self.fate.borrow() != Fate::Open {
            self.leave(to).await;
            return true;
        }
        self.note(WireItem::Fault);
        let fate = match fault {
            Fault::Flip => return false,
            Fault::HalfClose => {
                self.shut(to).await;
                return false;
            }
            Fault::Cut => Fate::Cut,
            Fault::Stall => Fate::Stalled,
            Fault::Reset => Fate::Broken,
        };
        self.fate.send_replace(fate);
        self.leave(to).await;
        true
    }

    fn note_the_clients_end(&self) {
        if self.direction == Direction::ToServer {
            self.client_ended.send_replace(true);
        }
    }

    /// Stops forwarding in this direction.
    async fn leave(&self, to: &mut Outgoing) {
        let is_cut = *self.fate.borrow() == Fate::Cut;
        if is_cut {
            self.shut(to).await;
        }
    }

    /// Ends the receiver's stream.
    async fn shut(&self, to: &mut Outgoing) {
        let _ = to.shutdown().await;
        self.link.heard.gave_end(self.direction, false);
    }

    fn note(&self, what: WireItem) {
        self.link.heard.note(self.direction, what);
    }
}
