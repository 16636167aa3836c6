//! Holds the events of a capture against the frames of a protocol. No I/O.

use std::collections::HashMap;
use std::net::SocketAddr;

use layout::{Direction, Item, Layout, Limits, Reading, read_within};
use traffic::{End, Event, Transport, What};

use super::findings::{About, Findings, Mistake, NotJudged, Outcome, Why, Wrong};
use super::places::Place;
use super::side::{Chunk, News, Side, broken, digest};

/// What all directions keep of unfinished frames; beyond it, one more is judged no further.
const HELD_MAX_BYTES: usize = 64 << 20;

/// What traffic is held against.
#[derive(Debug)]
pub(super) struct Frames {
    layout: Layout,
    /// Whether the file says what each direction is made of: to the server, and to the client.
    is_framed: [bool; 2],
    /// Whether the protocol goes over streams.
    has_streams: bool,
    /// For a protocol that goes over datagrams, a layout for each frame alone.
    alone: Option<Vec<Layout>>,
}

impl Frames {
    pub(super) fn new(
        layout: Layout,
        is_framed: [bool; 2],
        has_streams: bool,
        has_datagrams: bool,
    ) -> Self {
        let alone = |frame| {
            let items = vec![Item { frame, repeats: false }];
            let frames = layout.frames.clone();
            Layout { frames, to_server: items.clone(), to_client: items }
        };
        let alone = has_datagrams.then(|| (0..layout.frames.len()).map(alone).collect());
        Self { layout, is_framed, has_streams, alone }
    }

    /// The name of a frame.
    pub(super) fn name(&self, frame: usize) -> &str {
        self.layout.frames.get(frame).map_or("", |frame| &frame.name)
    }

    const fn is_framed(&self, direction: Direction) -> bool {
        let [to_server, to_client] = self.is_framed;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    const fn has(&self, transport: Transport) -> bool {
        match transport {
            Transport::Tcp => self.has_streams,
            Transport::Udp => self.alone.is_some(),
        }
    }

    /// A datagram is one frame: the first that it can be. Where it is none, the one that goes furthest
    /// says why.
    fn read(&self, direction: Direction, data: &[u8]) -> Option<(usize, Reading)> {
        let mut best: Option<(usize, Reading)> = None;
        for item in self.layout.items(direction) {
            let Some(layout) = self.alone.as_ref().and_then(|all| all.get(item.frame)) else {
                continue;
            };
            let reading = read_within(layout, direction, data, &[], true, Limits::default());
            let Some(trouble) = &reading.trouble else { return Some((item.frame, reading)) };
            let furthest = best.as_ref().and_then(|(_, best)| best.trouble.as_ref());
            if furthest.is_none_or(|furthest| trouble.at > furthest.at) {
                best = Some((item.frame, reading));
            }
        }
        best
    }
}

/// Takes events, and finds mistakes.
#[derive(Debug)]
pub(super) struct Judge<'l> {
    frames: &'l Frames,
    connections: HashMap<u64, Connection<'l>>,
    held_bytes: usize,
    news: News,
    pub(super) findings: Findings,
}

#[derive(Debug)]
struct Connection<'l> {
    about: About,
    up: Own<'l>,
    down: Own<'l>,
}

/// A direction, and what was found in it.
#[derive(Debug)]
struct Own<'l> {
    side: Side<'l>,
    mistakes: u64,
    /// Index of the first mistake, if it was kept.
    first: Option<usize>,
    is_ended: bool,
}

impl<'l> Connection<'l> {
    /// A direction, and the other one.
    fn both(&mut self, direction: Direction) -> (&mut Own<'l>, &mut Own<'l>) {
        match direction {
            Direction::ToServer => (&mut self.up, &mut self.down),
            Direction::ToClient => (&mut self.down, &mut self.up),
        }
    }

    fn held_bytes(&self) -> usize {
        self.up.side.held_bytes() + self.down.side.held_bytes()
    }
}

impl<'l> Judge<'l> {
    pub(super) fn new(frames: &'l Frames) -> Self {
        let (connections, findings) = (HashMap::new(), Findings::default());
        Self { frames, connections, held_bytes: 0, news: News::default(), findings }
    }

    /// Takes the next event of the capture.
    pub(super) fn take(&mut self, event: &Event) {
        let Event { connection: number, packet, what, .. } = event;
        let direction = way(event.direction);
        if let What::Open { transport, client, server, seen_from_start } = what {
            let about =
                About { number: *number, transport: *transport, client: *client, server: *server };
            self.open(about, *seen_from_start, *packet);
            return;
        }
        let Some(mut connection) = self.connections.remove(number) else { return };
        self.held_bytes = self.held_bytes.saturating_sub(connection.held_bytes());
        let about = connection.about;
        let (own, other) = connection.both(direction);
        let news = &mut self.news;
        match what {
            What::Open { .. } => {}
            What::Bytes { offset, payload_offset, data } => {
                let (offset, payload_offset) = (*offset, *payload_offset);
                let chunk = Chunk { packet: *packet, offset, payload_offset, data };
                own.side.bytes(chunk, news);
                tell(&mut self.findings, news, own, about);
                other.side.turn(*packet, news);
                tell(&mut self.findings, news, other, about);
            }
            What::Datagram { data, missing } => {
                self.datagram(own, about, *packet, data, *missing);
            }
            What::Lost { count: Some(_), .. } => own.side.lost(*packet),
            What::Lost { .. } => own.side.stop(Why::NotFromStart, *packet),
            What::End(end) => {
                finish(&mut own.side, *end, *packet, news);
                tell(&mut self.findings, news, own, about);
                own.is_ended = true;
                close(&mut self.findings, own, about, *packet);
            }
        }
        let held = connection.held_bytes();
        if self.held_bytes + held > HELD_MAX_BYTES {
            let (own, _) = connection.both(direction);
            own.side.stop(Why::TooMuch, *packet);
        }
        if !connection.up.is_ended || !connection.down.is_ended {
            self.held_bytes += connection.held_bytes();
            self.connections.insert(*number, connection);
        }
    }

    fn open(&mut self, about: About, seen_from_start: bool, packet: u64) {
        let [streams, datagrams] = &mut self.findings.connections;
        *(if about.transport == Transport::Tcp { streams } else { datagrams }) += 1;
        let own = |direction| {
            let why = if !self.frames.has(about.transport) {
                Some(Why::OtherTransport)
            } else if !self.frames.is_framed(direction) {
                Some(Why::NotFramed)
            } else if !seen_from_start {
                Some(Why::NotFromStart)
            } else {
                None
            };
            let side = match (why, about.transport) {
                (None, Transport::Tcp) => Side::new(&self.frames.layout, direction),
                _ => Side::skipped(direction, why.map(|why| (why, packet))),
            };
            Own { side, mistakes: 0, first: None, is_ended: false }
        };
        let (up, down) = (own(Direction::ToServer), own(Direction::ToClient));
        self.connections.insert(about.number, Connection { about, up, down });
    }

    fn datagram(
        &mut self,
        own: &mut Own<'l>,
        about: About,
        packet: u64,
        data: &[u8],
        missing: usize,
    ) {
        let side = &mut own.side;
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
        match self.frames.read(side.direction, data) {
            None => self.news.wrong.push(Wrong {
                place: place(0),
                offset: 0,
                frame: nth,
                path: String::new(),
                expected: "no datagram this way".to_owned(),
                found: format!("one of {length} bytes"),
            }),
            Some((frame, Reading { trouble: None, mistakes, .. })) => {
                self.news.frames.push(frame);
                let wrong = mistakes.iter().map(|mistake| digest(mistake, place(mistake.at), nth));
                self.news.wrong.extend(wrong);
            }
            Some((_, Reading { trouble: Some(error), .. })) => {
                let mut wrong = broken(&self.frames.layout, &error, place(error.at), nth);
                wrong.found =
                    wrong.found.replace("the end of the stream", "the end of the datagram");
                self.news.wrong.push(wrong);
            }
        }
        tell(&mut self.findings, &mut self.news, own, about);
    }

    /// The servers of the mistakes, if they are of several.
    pub(super) fn servers(&self) -> Vec<SocketAddr> {
        let mut servers: Vec<SocketAddr> =
            self.findings.mistakes.iter().map(|mistake| mistake.about.server).collect();
        servers.sort_unstable();
        servers.dedup();
        servers
    }
}

/// A direction ends.
fn finish(side: &mut Side<'_>, end: End, packet: u64, news: &mut News) {
    match end {
        End::Fin => side.finish(packet, "", news),
        End::Reset => side.reset(packet, news),
        End::ResetByReceiver => side.break_off(Why::ResetByReceiver, packet, news),
        End::CaptureEnds => side.break_off(Why::CaptureEnds, packet, news),
        End::Replaced => side.break_off(Why::Replaced, packet, news),
        End::TooMany => side.break_off(Why::TooMany, packet, news),
    }
}

/// Adds what a direction has brought to what was found.
fn tell(findings: &mut Findings, news: &mut News, own: &mut Own<'_>, about: About) {
    let direction = own.side.direction;
    for frame in news.frames.drain(..) {
        findings.count(direction, frame);
    }
    for wrong in news.wrong.drain(..) {
        let index = findings.add(Mistake { about, direction, wrong });
        own.mistakes += 1;
        own.first = own.first.or(index);
    }
}

/// Adds what became of a direction.
fn close(findings: &mut Findings, own: &Own<'_>, about: About, packet: u64) {
    let Side { direction, frames, why, judged_bytes, unjudged_bytes, .. } = own.side;
    findings.judged_bytes += judged_bytes;
    let (bytes, directions) = (unjudged_bytes, 1);
    if let Some((why, since)) = why {
        let packet = since.min(packet);
        findings.leave(why, NotJudged { directions, bytes, packet, about, direction });
    }
    let why = why.map(|(why, _)| why);
    let (mistakes, first) = (own.mistakes, own.first);
    findings.end(Outcome { about, direction, frames, mistakes, first, why });
}

const fn way(direction: traffic::Direction) -> Direction {
    match direction {
        traffic::Direction::ToServer => Direction::ToServer,
        traffic::Direction::ToClient => Direction::ToClient,
    }
}

#[cfg(test)]
mod tests {
    use layout::{Format, Frame, Kind, Part, Size, Trouble, read};

    use super::*;

    fn layout() -> Layout {
        let size = |path: &str| Size::Of(path.split('.').map(str::to_owned).collect());
        let number = Kind::Struct { format: Format::parse(">I").unwrap(), fields: Vec::new() };
        let parts = vec![
            Part::new("length", number),
            Part::new("dict", Kind::Json(size("length"))),
            Part::new("body", Kind::Bytes(size("dict.size"))),
            Part::new("end", Kind::Const(b"END".to_vec())),
        ];
        let frames = vec![Frame { name: "request".to_owned(), parts }];
        let items = vec![Item { frame: 0, repeats: true }];
        Layout { frames, to_server: items, to_client: Vec::new() }
    }

    /// The events of a client that sends a stream, so many bytes a packet, from packet 2 on.
    fn events(stream: &[u8], cut: usize) -> Vec<Event> {
        let event = |packet, what| {
            let direction = traffic::Direction::ToServer;
            Event { connection: 0, direction, packet, time: None, what }
        };
        let (client, server) = ("10.0.0.1:5000".parse().unwrap(), "10.0.0.2:9000".parse().unwrap());
        let open = What::Open { transport: Transport::Tcp, client, server, seen_from_start: true };
        let mut events = vec![event(1, open)];
        let mut offset = 0;
        for (data, packet) in stream.chunks(cut).zip(2..) {
            let data = data.to_vec();
            let next = offset + data.len() as u64;
            events.push(event(packet, What::Bytes { offset, payload_offset: 0, data }));
            offset = next;
        }
        let last = events.len() as u64 + 1;
        events.push(event(last, What::End(End::Fin)));
        events
    }

    #[test]
    fn a_changed_byte_is_found_where_reading_the_whole_stream_finds_it_and_in_its_packet() {
        let frames = Frames::new(layout(), [true, true], true, false);
        let whole = b"\0\0\0\x0b{\"size\": 5}helloEND".repeat(3);
        for (at, cut, change) in (0..whole.len())
            .flat_map(|at| [1, 3, 7, 20, 1000].map(|cut| (at, cut)))
            .flat_map(|(at, cut)| [0x01, 0x10, 0x80].map(|change| (at, cut, change)))
        {
            let mut stream = whole.clone();
            stream[at] ^= change;
            let right = read(&frames.layout, Direction::ToServer, &stream, &[], true);
            let mut judge = Judge::new(&frames);
            events(&stream, cut).iter().for_each(|event| judge.take(event));
            let found = judge.findings.mistakes.first().map(|mistake| &mistake.wrong);
            let is_too_long = |trouble: &Trouble| matches!(trouble, Trouble::TooLong { .. });
            // A length that is too long is at fault itself, four bytes before its part.
            let offset = right
                .trouble
                .as_ref()
                .map(|error| if is_too_long(&error.trouble) { error.at - 4 } else { error.at });
            assert_eq!(found.map(|wrong| wrong.offset), offset, "byte {at}, cut {cut}");
            if let Some(wrong) = found.filter(|wrong| wrong.offset < stream.len()) {
                let Place { packet, byte, is_exact } = wrong.place;
                let start = (usize::try_from(packet).unwrap() - 2) * cut;
                assert!(is_exact && start + byte == wrong.offset, "byte {at}, cut {cut}");
            }
        }
    }

    #[test]
    fn what_is_kept_of_unfinished_frames_is_limited_in_all() {
        let frames = Frames::new(layout(), [true, true], true, false);
        let mut judge = Judge::new(&frames);
        let stream = [&[0, 0x80, 0, 0, b'"'][..], &vec![b'x'; 4 << 20]].concat();
        for connection in 0..40 {
            for mut event in events(&stream, 1 << 16) {
                event.connection = connection;
                if !matches!(event.what, What::End(_)) {
                    judge.take(&event);
                }
                assert!(judge.held_bytes <= HELD_MAX_BYTES);
            }
        }
        let stopped = |connection: &&Connection<'_>| {
            connection.up.side.why.is_some_and(|(why, _)| why == Why::TooMuch)
        };
        assert_eq!(judge.connections.len(), 40);
        assert!((20..30).contains(&judge.connections.values().filter(stopped).count()));
    }
}
