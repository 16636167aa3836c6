//! The reader: takes the packets of a capture, and returns the events of its connections.

use std::io::Read;

use crate::capture::{Capture, RawPacket};
use crate::copies::Copies;
use crate::error::{CaptureError, CutShort};
use crate::event::Event;
use crate::fragments::Fragments;
use crate::options::Options;
use crate::packet::{Content, content, transported, unlink};
use crate::stream::Mark;
use crate::table::Table;

/// Reads a capture, event by event.
///
/// Events come in the order in which they become certain. Those of one direction of a connection come in the
/// order of its stream. [`What::Open`](crate::What::Open) is the first of a connection. Each direction has one
/// [`What::End`](crate::What::End), its last.
///
/// An error is the last item. Before it come the events of everything that was read, including ends.
#[derive(Debug)]
pub struct Traffic<R> {
    capture: Capture<R>,
    packets: Packets,
    state: State,
}

/// The state of the reader.
#[derive(Debug)]
enum State {
    Reading,
    /// All packets were read, or one can't be read.
    Ending(Option<CaptureError>),
}

/// What a reader has seen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The number of packets.
    pub packets: u64,
    /// The number of connections, including those of UDP.
    pub connections: u64,
    /// The number of connections that ended with [`End::TooMany`](crate::End::TooMany).
    pub ended_early: u64,
    /// The number of packets with neither TCP nor UDP.
    pub other: u64,
    /// The number of packets with damaged or partly captured headers.
    pub malformed: u64,
    /// The number of packets of other servers than the requested one.
    pub filtered: u64,
    /// The number of packets that were seen going out and coming in again. The second one was dropped.
    pub copies: u64,
    /// The number of IP fragments that were dropped or still wait for others.
    pub fragments: u64,
    /// The number of TCP segments that were dropped because their sequence numbers fit no window.
    pub out_of_window: u64,
    /// Where the capture ends inside a packet, if it was read to there.
    pub cut_short: Option<CutShort>,
}

impl<R: Read> Traffic<R> {
    /// Starts to read a capture.
    ///
    /// # Errors
    ///
    /// [`CaptureError::NotACapture`], or [`CaptureError::Read`]. They do not contain the file's name.
    pub fn new(input: R, options: Options) -> Result<Self, CaptureError> {
        let packets = Packets {
            table: Table::new(options),
            fragments: Fragments::default(),
            copies: Copies::default(),
            other: 0,
            malformed: 0,
            copied: 0,
            last: Mark::default(),
        };
        Ok(Self { capture: Capture::new(input)?, packets, state: State::Reading })
    }

    /// What was seen so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let Packets { table, fragments, other, malformed, copied, .. } = &self.packets;
        Summary {
            packets: self.capture.packets(),
            connections: table.opened,
            ended_early: table.ended_early,
            other: *other,
            malformed: *malformed,
            filtered: table.filtered,
            copies: *copied,
            fragments: fragments.dropped(),
            out_of_window: table.out_of_window,
            cut_short: self.capture.cut_short(),
        }
    }
}

impl<R: Read> Iterator for Traffic<R> {
    type Item = Result<Event, CaptureError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(event) = self.packets.table.events.pop_front() {
                return Some(Ok(event));
            }
            match &mut self.state {
                State::Reading => {
                    let taken = match self.capture.next() {
                        Ok(Some(packet)) => self.packets.take(packet).map(|()| true),
                        Ok(None) => Ok(false),
                        Err(error) => Err(error),
                    };
                    match taken {
                        Ok(true) => {}
                        Ok(false) => self.state = State::Ending(None),
                        Err(error) => self.state = State::Ending(Some(error)),
                    }
                }
                State::Ending(error) => {
                    if !self.packets.table.end_one(self.packets.last) {
                        return error.take().map(Err);
                    }
                }
            }
        }
    }
}

/// The processing of packets.
#[derive(Debug)]
struct Packets {
    table: Table,
    fragments: Fragments,
    copies: Copies,
    other: u64,
    malformed: u64,
    copied: u64,
    last: Mark,
}

impl Packets {
    fn take(&mut self, packet: RawPacket<'_>) -> Result<(), CaptureError> {
        let RawPacket { number, time, link_type, offset, missing, bytes } = packet;
        let mark = Mark { packet: number, time };
        self.last = mark;
        match unlink(link_type, bytes) {
            Err(link_type) => {
                return Err(CaptureError::LinkType { packet: number, offset, link_type });
            }
            Ok(None) => self.malformed += 1,
            Ok(Some(unlinked)) if self.copies.has(unlinked) => self.copied += 1,
            Ok(Some(unlinked)) => self.sort(content(unlinked, missing), mark),
        }
        Ok(())
    }

    fn sort(&mut self, content: Content<'_>, mark: Mark) {
        match content {
            Content::Tcp(segment) => self.table.segment(&segment, mark),
            Content::Udp(datagram) => self.table.datagram(&datagram, mark),
            Content::Fragment(fragment) => {
                let key = fragment.key;
                if let Some((protocol, bytes)) = self.fragments.add(&fragment) {
                    self.sort(transported(key.from, key.to, protocol, &bytes, 0), mark);
                }
            }
            Content::Other => self.other += 1,
            Content::Malformed => self.malformed += 1,
        }
    }
}
