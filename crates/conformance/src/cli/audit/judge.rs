//! Checks the events of a capture against the frames of a protocol. No I/O.

use std::collections::HashMap;
use std::net::SocketAddr;

use layout::Direction;
use traffic::{End, Event, What};

use super::super::judge_frames::{
    About, Chunk, Connection, Ended, Findings, Frames, HELD_MAX_BYTES, Judging, News, Why,
};

/// Takes events, and finds violations.
#[derive(Debug)]
pub(super) struct Judge<'l> {
    judging: Judging<'l>,
    connections: HashMap<u64, Box<Connection<'l>>>,
    held_bytes: usize,
    news: News,
    pub(super) findings: Findings,
}

impl<'l> Judge<'l> {
    pub(super) fn new(frames: &'l Frames) -> Self {
        let (judging, connections) = (Judging::new(frames), HashMap::new());
        let (news, findings) = (News::default(), Findings::default());
        Self { judging, connections, held_bytes: 0, news, findings }
    }

    /// Takes the next event of the capture.
    pub(super) fn take(&mut self, event: &Event) {
        let Event { connection: number, packet, what, .. } = event;
        let (direction, packet) = (way(event.direction), *packet);
        if let What::Open { transport, client, server, seen_from_start } = what {
            let about =
                About { number: *number, transport: *transport, client: *client, server: *server };
            self.findings.open(about.transport);
            let connection = self.judging.connection(about, *seen_from_start, packet);
            self.connections.insert(*number, Box::new(connection));
            return;
        }
        let Some(mut connection) = self.connections.remove(number) else { return };
        self.held_bytes = self.held_bytes.saturating_sub(connection.held_bytes());
        let findings = &mut self.findings;
        let mut add = |mistake| findings.add(mistake);
        match what {
            What::Open { .. } => {}
            What::Bytes { offset, payload_offset, data } => {
                let (offset, payload_offset) = (*offset, *payload_offset);
                let chunk = Chunk { packet, offset, payload_offset, data };
                connection.bytes(direction, chunk, &mut self.news, &mut add);
            }
            What::Datagram { data, missing } => {
                connection.datagram(direction, packet, data, *missing, &mut add);
            }
            What::Lost { count: Some(_), .. } => connection.lost(direction, packet),
            What::Lost { .. } => connection.stop(direction, Why::NotFromStart, packet),
            What::End(end) => {
                let closed = connection.end(direction, ended(*end), packet, &mut add);
                closed.into_iter().for_each(|closed| findings.close(closed));
            }
        }
        let held = connection.held_bytes();
        if self.held_bytes + held > HELD_MAX_BYTES {
            connection.stop(direction, Why::TooMuch, packet);
        }
        if !connection.is_ended() {
            self.held_bytes += connection.held_bytes();
            self.connections.insert(*number, connection);
        }
    }

    /// The servers of the violations, if there are several.
    pub(super) fn servers(&self) -> Vec<SocketAddr> {
        let mut servers: Vec<SocketAddr> =
            self.findings.mistakes.iter().map(|mistake| mistake.about.server).collect();
        servers.sort_unstable();
        servers.dedup();
        servers
    }
}

/// How a direction ended.
const fn ended(end: End) -> Ended {
    match end {
        End::Fin => Ended::Fin,
        End::Reset => Ended::Reset,
        End::ResetByReceiver => Ended::Off(Why::ResetByReceiver),
        End::CaptureEnds => Ended::Off(Why::CaptureEnds),
        End::Replaced => Ended::Off(Why::Replaced),
        End::TooMany => Ended::Off(Why::TooMany),
    }
}

const fn way(direction: traffic::Direction) -> Direction {
    match direction {
        traffic::Direction::ToServer => Direction::ToServer,
        traffic::Direction::ToClient => Direction::ToClient,
    }
}

#[cfg(test)]
mod tests {
    use layout::{Format, Frame, Item, Kind, Layout, Part, Size, Trouble, read};
    use traffic::Transport;

    use super::super::super::judge_frames::Place;
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

    /// The events of a client that sends a stream with `cut` bytes per packet, from packet 2 on.
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
            // If a length is too long, the violation is at the length itself, four bytes before its part.
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
        let why = |connection: &Connection<'_>| connection.why(Direction::ToServer);
        let stopped = judge.connections.values().map(|connection| why(connection));
        let stopped = stopped.filter(|why| *why == Some(Why::TooMuch));
        assert_eq!(judge.connections.len(), 40);
        assert!((20..30).contains(&stopped.count()));
    }
}
