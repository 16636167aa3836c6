//! The connections of a capture, up to a maximum number at once.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;

use crate::connection::{Connection, is_client_first};
use crate::event::{End, Event, Transport, What};
use crate::options::Options;
use crate::packet::{Datagram, Ends, Segment};
use crate::stream::{Mark, Sink};

/// The two addresses of a connection, in either order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    transport: Transport,
    lower: SocketAddr,
    upper: SocketAddr,
}

impl Key {
    fn new(transport: Transport, ends: Ends) -> Self {
        let (lower, upper) = (ends.from.min(ends.to), ends.from.max(ends.to));
        Self { transport, lower, upper }
    }
}

/// All remembered connections, and the events that they produced.
#[derive(Debug)]
pub(crate) struct Table {
    options: Options,
    connections: HashMap<Key, Box<Connection>>,
    /// The open connections, by their last packet.
    live: BTreeMap<u64, Key>,
    /// The ended and the excluded connections, by their last packet.
    done: BTreeMap<u64, Key>,
    held_bytes: usize,
    pub(crate) events: VecDeque<Event>,
    pub(crate) opened: u64,
    pub(crate) ended_early: u64,
    pub(crate) filtered: u64,
    pub(crate) out_of_window: u64,
}

impl Table {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            connections: HashMap::new(),
            live: BTreeMap::new(),
            done: BTreeMap::new(),
            held_bytes: 0,
            events: VecDeque::new(),
            opened: 0,
            ended_early: 0,
            filtered: 0,
            out_of_window: 0,
        }
    }

    pub(crate) fn segment(&mut self, segment: &Segment<'_>, mark: Mark) {
        if self.is_filtered(segment.ends) {
            return;
        }
        let key = Key::new(Transport::Tcp, segment.ends);
        let mut connection = match self.take(&key) {
            Some(known) if !known.is_replaced_by(segment) => known,
            Some(mut old) => {
                if !old.is_left_out {
                    old.finish(End::Replaced, mark, &mut self.events);
                }
                self.open_stream(segment, mark)
            }
            None if segment.is_syn || segment.payload.len() + segment.missing > 0 => {
                self.open_stream(segment, mark)
            }
            // A late packet of an ended connection.
            None => return,
        };
        if !connection.is_left_out && !connection.is_ended() {
            let limits = &self.options.limits;
            let is_fitting = connection.accept(segment, limits, mark, &mut self.events);
            self.out_of_window += u64::from(!is_fitting);
        }
        self.put(key, connection, mark);
    }

    pub(crate) fn datagram(&mut self, datagram: &Datagram<'_>, mark: Mark) {
        if self.is_filtered(datagram.ends) {
            return;
        }
        let key = Key::new(Transport::Udp, datagram.ends);
        let connection = match self.take(&key) {
            Some(known) => known,
            None => {
                let is_first = is_client_first(datagram.ends, None, self.options.server);
                let connection = Connection::new(datagram.ends, is_first, true);
                self.open(connection, datagram.ends, Transport::Udp, mark)
            }
        };
        if !connection.is_left_out {
            let data = datagram.payload.to_vec();
            let what = What::Datagram { data, missing: datagram.missing };
            let direction = connection.direction(datagram.ends);
            let events = &mut self.events;
            Sink { events, connection: connection.id, direction }.say(mark, what);
        }
        self.put(key, connection, mark);
    }

    /// Ends the connection that was idle longest. Returns `false` if there is none.
    pub(crate) fn end_one(&mut self, mark: Mark) -> bool {
        let oldest = self.live.first_key_value().map(|(_, key)| *key);
        let Some(mut connection) = oldest.and_then(|key| self.take(&key)) else { return false };
        connection.finish(End::CaptureEnds, mark, &mut self.events);
        true
    }

    fn is_filtered(&mut self, ends: Ends) -> bool {
        let is_filtered =
            self.options.server.is_some_and(|server| !server.is(ends.from) && !server.is(ends.to));
        self.filtered += u64::from(is_filtered);
        is_filtered
    }

    fn open_stream(&mut self, segment: &Segment<'_>, mark: Mark) -> Box<Connection> {
        let syn = segment.is_syn.then_some(segment.acknowledged.is_none());
        let is_first = is_client_first(segment.ends, syn, self.options.server);
        let connection = Connection::new(segment.ends, is_first, segment.is_syn);
        self.open(connection, segment.ends, Transport::Tcp, mark)
    }

    fn open(
        &mut self,
        mut connection: Connection,
        ends: Ends,
        transport: Transport,
        mark: Mark,
    ) -> Box<Connection> {
        let wanted = self.options.server;
        connection.is_left_out = wanted.is_some_and(|server| !server.is(connection.server));
        if !connection.is_left_out {
            connection.id = self.opened;
            self.opened += 1;
            connection.say_open(ends, transport, mark, &mut self.events);
        }
        Box::new(connection)
    }

    fn take(&mut self, key: &Key) -> Option<Box<Connection>> {
        let connection = self.connections.remove(key)?;
        let is_live = self.live.remove(&connection.last_packet).is_some();
        if !is_live {
            self.done.remove(&connection.last_packet);
        }
        self.held_bytes -= connection.held_bytes();
        Some(connection)
    }

    fn put(&mut self, key: Key, mut connection: Box<Connection>, mark: Mark) {
        connection.last_packet = mark.packet;
        let is_done = connection.is_ended() || connection.is_left_out;
        let order = if is_done { &mut self.done } else { &mut self.live };
        order.insert(mark.packet, key);
        self.held_bytes += connection.held_bytes();
        self.connections.insert(key, connection);
        if self.held_bytes > self.options.limits.held_bytes_in_all {
            self.give_up(mark);
        }
        while self.connections.len() > self.options.limits.connections.max(1) {
            self.forget_one(mark);
        }
    }

    /// Makes room: forgets an ended connection, or ends the one that was idle longest.
    fn forget_one(&mut self, mark: Mark) {
        let (is_done, oldest) = match self.done.first_key_value() {
            Some((_, key)) => (true, Some(*key)),
            None => (false, self.live.first_key_value().map(|(_, key)| *key)),
        };
        let Some(mut connection) = oldest.and_then(|key| self.take(&key)) else { return };
        if !is_done && !connection.is_ended() {
            self.ended_early += 1;
            connection.finish(End::TooMany, mark, &mut self.events);
        }
    }

    /// Gives up gaps until half of the memory is left, beginning with the connections that were idle longest.
    /// Acknowledged gaps come first, as they will not be filled.
    fn give_up(&mut self, mark: Mark) {
        let goal = self.options.limits.held_bytes_in_all / 2;
        for is_all in [false, true] {
            for key in self.live.values() {
                if self.held_bytes <= goal {
                    return;
                }
                if let Some(connection) = self.connections.get_mut(key) {
                    self.held_bytes -= connection.held_bytes();
                    connection.give_up(is_all, mark, &mut self.events);
                    self.held_bytes += connection.held_bytes();
                }
            }
        }
    }
}
