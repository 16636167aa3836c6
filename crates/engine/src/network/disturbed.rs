//! Passes on what goes over one client's connection and its other half to the server, as a network
//! that disturbs it would.
//!
//! In each direction one future hears the sender, and notes what it says as it says it; another
//! does to the receiver what the direction's shaper said, however long that takes. It decides
//! nothing about bytes: that is the shaper's. It ends no connection that its network doesn't end.

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

/// Bytes that wait for more are sent on when their sender has said nothing for this long although
/// it has read all that was sent to it: it waits for an answer, so there is no more to wait for.
const SILENCE: Duration = Duration::from_millis(20);
/// A sender that doesn't read what was sent to it is not waited for longer than this.
const LONG_SILENCE: Duration = Duration::from_millis(200);
/// With so much on its way to a receiver, the sender isn't heard until some of it has been passed
/// on: it sees its connection fill up, as it would without us.
const UNDER_WAY_BYTES: usize = 1 << 20;

/// What has become of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    /// Both ways have ended; what is still said is heard.
    Cut,
    /// Both ways are silent; what is still said is heard.
    Stalled,
    /// Broken off, by the network or by a peer.
    Broken,
}

/// One thing to do, and when it came up.
struct Order {
    action: Step,
    came: Instant,
}

enum Step {
    Do(Action),
    /// Nothing more is passed on this way, as the other way's fate has it.
    Leave,
    /// The sender broke the connection off.
    BreakOff,
}

/// What tells of either program whether it has read. The two may be in different networks.
#[derive(Debug, Clone)]
pub(super) struct Watches {
    pub(super) of_client: Arc<ReadWatch>,
    pub(super) of_server: Arc<ReadWatch>,
}

/// Hears what happens on a connection.
pub(super) trait Heard: Sync {
    /// This happened.
    fn note(&self, direction: Direction, what: WireItem);
    /// The receiver was given an end.
    fn gave_end(&self, _direction: Direction, _is_reset: bool) {}
}

/// What both directions of a connection share.
pub(super) struct DisturbedLink<'a> {
    pub(super) number: u32,
    pub(super) heard: &'a dyn Heard,
    pub(super) disturbance: &'a Disturbance,
    pub(super) watches: &'a Watches,
    /// So many bytes of a direction wait for more; if more wait, they are sent on.
    pub(super) merged_max_bytes: usize,
}

/// One direction of it.
struct Lane<'a> {
    link: &'a DisturbedLink<'a>,
    direction: Direction,
    fate: &'a watch::Sender<Fate>,
    /// Set when the client has ended its sending: a stalled connection stays open until then.
    client_ended: &'a watch::Sender<bool>,
    /// Bytes that were heard and not yet passed on, but for those that wait for more.
    under_way: watch::Sender<usize>,
    /// Bytes that were passed on.
    sent: watch::Sender<u64>,
    /// Who reads what is passed on, if the system tells.
    receiver: Option<Receiver>,
}

impl DisturbedLink<'_> {
    /// Pass everything on until both sides have ended, or the network has ended it.
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
            // Kept open until both peers have been heard out.
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
    /// Note what the sender says, to its end, and have it passed on, as long as it is.
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
            // Nobody does it when the other way's fate was ours.
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

    /// What the sender says next; nothing, when bytes wait for more and it waits too.
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

    /// Do to the receiver what there is to do, until this way ends.
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

    /// Whether nothing is on its way to the receiver, and it has read all that was.
    fn is_read(&self) -> bool {
        let has_read = |receiver: &Receiver| receiver.has_read_now(*self.sent.borrow());
        *self.under_way.borrow() == 0 && self.receiver.as_ref().is_none_or(has_read)
    }

    /// The fault happens, unless one of the other way's has before. Whether this way is over.
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

    /// Nothing more is passed on this way.
    async fn leave(&self, to: &mut Outgoing) {
        let is_cut = *self.fate.borrow() == Fate::Cut;
        if is_cut {
            self.shut(to).await;
        }
    }

    /// The receiver is given an end.
    async fn shut(&self, to: &mut Outgoing) {
        let _ = to.shutdown().await;
        self.link.heard.gave_end(self.direction, false);
    }

    fn note(&self, what: WireItem) {
        self.link.heard.note(self.direction, what);
    }
}
