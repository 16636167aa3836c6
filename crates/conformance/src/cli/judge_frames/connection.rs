//! A connection: both of its directions, and the findings of each. No I/O.

use layout::{Direction, Parser, Reading};
use traffic::Transport;

use super::findings::{About, Mistake, NotJudged, Outcome, Why, Wrong};
use super::frames::Frames;
use super::places::Place;
use super::side::{Chunk, News, Side, broken, digest};

/// The limit on unfinished frames of all directions together. Beyond it, one direction is no longer judged.
pub(in crate::cli) const HELD_MAX_BYTES: usize = 64 << 20;

/// Takes a violation as soon as it is certain. Returns its index if it is kept.
pub(in crate::cli) type Take<'a> = &'a mut dyn FnMut(Mistake) -> Option<usize>;

/// A connection that is checked against the frames as its bytes arrive.
#[derive(Debug)]
pub(in crate::cli) struct Connection<'l> {
    frames: &'l Frames,
    about: About,
    up: Own<'l>,
    down: Own<'l>,
}

/// The shared setup of all connections.
#[derive(Debug)]
pub(in crate::cli) struct Judging<'l> {
    frames: &'l Frames,
    /// The parsers of the directions to the server and to the client. They share their lookups.
    parsers: [Parser<'l>; 2],
}

/// A direction and its findings.
#[derive(Debug)]
struct Own<'l> {
    side: Side<'l>,
    /// The number of whole frames, by frame index.
    counts: Vec<u64>,
    mistakes: u64,
    /// The index of the first violation, if it was kept.
    first: Option<usize>,
    is_ended: bool,
}

/// How a direction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Ended {
    /// Its sender ended the stream.
    Fin,
    /// Its sender reset the connection.
    Reset,
    /// The rest was not seen, for a reason that is not the sender's fault.
    Off(Why),
}

/// A direction that has ended.
#[derive(Debug)]
pub(in crate::cli) struct Closed {
    pub(super) outcome: Outcome,
    pub(super) counts: Vec<u64>,
    pub(super) judged_bytes: u64,
    pub(super) not_judged: Option<NotJudged>,
}

impl<'l> Judging<'l> {
    pub(in crate::cli) fn new(frames: &'l Frames) -> Self {
        let directions = [Direction::ToServer, Direction::ToClient];
        let parsers = directions.map(|direction| Parser::new(&frames.layout, direction));
        Self { frames, parsers }
    }

    /// A connection that begins with this packet, or whose beginning was not seen.
    pub(in crate::cli) fn connection(
        &self,
        about: About,
        seen_from_start: bool,
        packet: u64,
    ) -> Connection<'l> {
        let frames = self.frames;
        let own = |direction, parser: &Parser<'l>| {
            let why = if !frames.has(about.transport) {
                Some(Why::OtherTransport)
            } else if !frames.is_framed(direction) {
                Some(Why::NotFramed)
            } else if !seen_from_start {
                Some(Why::NotFromStart)
            } else {
                None
            };
            let side = match (why, about.transport) {
                (None, Transport::Tcp) => Side::new(&frames.layout, direction, parser.clone()),
                _ => Side::skipped(direction, why.map(|why| (why, packet))),
            };
            Own { side, counts: Vec::new(), mistakes: 0, first: None, is_ended: false }
        };
        let [up, down] = &self.parsers;
        let (up, down) = (own(Direction::ToServer, up), own(Direction::ToClient, down));
        Connection { frames, about, up, down }
    }
}

impl<'l> Connection<'l> {
    /// The next bytes of a stream's direction. `news` is a buffer for reuse.
    pub(in crate::cli) fn bytes(
        &mut self,
        direction: Direction,
        chunk: Chunk<'_>,
        news: &mut News,
        take: Take<'_>,
    ) {
        let about = self.about;
        let (own, other) = self.both(direction);
        own.side.bytes(chunk, news);
        own.tell(about, news, take);
        other.side.turn(chunk.packet, news);
        other.tell(about, news, take);
    }

    /// A datagram. The capture lacks `missing` bytes of it.
    pub(in crate::cli) fn datagram(
        &mut self,
        direction: Direction,
        packet: u64,
        data: &[u8],
        missing: usize,
        take: Take<'_>,
    ) {
        let (about, frames, mut news) = (self.about, self.frames, News::default());
        let (own, _) = self.both(direction);
        own.datagram(frames, packet, data, missing, &mut news);
        own.tell(about, &mut news, take);
    }

    /// The capture lost bytes of a direction here.
    pub(in crate::cli) fn lost(&mut self, direction: Direction, packet: u64) {
        self.both(direction).0.side.lost(packet);
    }

    /// Stops judging a direction.
    pub(in crate::cli) fn stop(&mut self, direction: Direction, why: Why, packet: u64) {
        self.both(direction).0.side.stop(why, packet);
    }

    /// Ends a direction. Only the first call counts.
    pub(in crate::cli) fn end(
        &mut self,
        direction: Direction,
        how: Ended,
        packet: u64,
        take: Take<'_>,
    ) -> Option<Closed> {
        let (about, mut news) = (self.about, News::default());
        let news = &mut news;
        let (own, _) = self.both(direction);
        if std::mem::replace(&mut own.is_ended, true) {
            return None;
        }
        match how {
            Ended::Fin => own.side.finish(packet, "", news),
            Ended::Reset => own.side.reset(packet, news),
            Ended::Off(why) => own.side.break_off(why, packet, news),
        }
        own.tell(about, news, take);
        Some(own.close(about, packet))
    }

    /// Whether both directions have ended.
    pub(in crate::cli) const fn is_ended(&self) -> bool {
        self.up.is_ended && self.down.is_ended
    }

    /// Why the rest of a direction is not judged, if so.
    #[cfg(test)]
    pub(in crate::cli) fn why(&self, direction: Direction) -> Option<Why> {
        let own = if direction == Direction::ToServer { &self.up } else { &self.down };
        own.side.why.map(|(why, _)| why)
    }

    /// The approximate memory of its unfinished frames, in bytes.
    pub(in crate::cli) fn held_bytes(&self) -> usize {
        self.up.side.held_bytes() + self.down.side.held_bytes()
    }

    /// A direction, and the opposite one.
    const fn both(&mut self, direction: Direction) -> (&mut Own<'l>, &mut Own<'l>) {
        match direction {
            Direction::ToServer => (&mut self.up, &mut self.down),
            Direction::ToClient => (&mut self.down, &mut self.up),
        }
    }
}

impl Own<'_> {
    fn datagram(
        &mut self,
        frames: &Frames,
        packet: u64,
        data: &[u8],
        missing: usize,
        news: &mut News,
    ) {
        let side = &mut self.side;
        let length = data.len() as u64;
        match side.why {
            Some((Why::CutDatagram, _)) | None => {}
            Some(_) => {
                side.unjudged_bytes += length + missing as u64;
                return;
            }
        }
        side.frames += 1;
        if missing > 0 {
            side.unjudged_bytes += length + missing as u64;
            side.why.get_or_insert((Why::CutDatagram, packet));
            return;
        }
        side.judged_bytes += length;
        let nth = side.frames;
        let place = |at| Place { packet, byte: at, is_exact: true };
        match frames.read(side.direction, data) {
            None => news.wrong.push(Wrong {
                place: place(0),
                offset: 0,
                frame: nth,
                path: String::new(),
                expected: "no datagram this way".to_owned(),
                found: format!("one of {length} bytes"),
                is_last: false,
            }),
            Some((frame, Reading { trouble: None, mistakes, .. })) => {
                news.frames.push(frame);
                let wrong = mistakes.iter().map(|mistake| digest(mistake, place(mistake.at), nth));
                news.wrong.extend(wrong);
            }
            Some((_, Reading { trouble: Some(error), .. })) => {
                let mut wrong = broken(&frames.layout, &error, place(error.at), nth);
                wrong.found =
                    wrong.found.replace("the end of the stream", "the end of the datagram");
                news.wrong.push(wrong);
            }
        }
    }

    /// Reports what a direction's new bytes showed.
    fn tell(&mut self, about: About, news: &mut News, take: Take<'_>) {
        for frame in news.frames.drain(..) {
            if self.counts.len() <= frame {
                self.counts.resize(frame + 1, 0);
            }
            if let Some(count) = self.counts.get_mut(frame) {
                *count += 1;
            }
        }
        let direction = self.side.direction;
        for wrong in news.wrong.drain(..) {
            let index = take(Mistake { about, direction, wrong });
            self.mistakes += 1;
            self.first = self.first.or(index);
        }
    }

    /// The result of a direction.
    fn close(&mut self, about: About, packet: u64) -> Closed {
        let Side { direction, frames, why, judged_bytes, unjudged_bytes, .. } = self.side;
        let (bytes, directions) = (unjudged_bytes, 1);
        let not_judged = why.map(|(_, since)| {
            let packet = since.min(packet);
            NotJudged { directions, bytes, packet, about, direction }
        });
        let why = why.map(|(why, _)| why);
        let (mistakes, first) = (self.mistakes, self.first);
        let outcome = Outcome { about, direction, frames, mistakes, first, why };
        Closed { outcome, counts: std::mem::take(&mut self.counts), judged_bytes, not_judged }
    }
}
