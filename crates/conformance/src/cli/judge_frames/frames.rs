//! The frames of a protocol's traffic.

use layout::{Direction, Item, Layout, Limits, Reading, read_within};
use model::Scenario;
use model::observation::Direction as Way;
use protocols::Protocol;
use traffic::Transport;

/// The frames that traffic is checked against.
#[derive(Debug)]
pub(in crate::cli) struct Frames {
    pub(in crate::cli) layout: Layout,
    /// Whether the file describes the frames of each direction: to the server, and to the client.
    is_framed: [bool; 2],
    /// Whether the protocol uses streams.
    has_streams: bool,
    /// For a protocol that uses datagrams: one layout per frame.
    alone: Option<Vec<Layout>>,
}

impl Frames {
    pub(in crate::cli) fn new(
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

    /// The frames of a protocol, if its file describes them.
    pub(in crate::cli) fn of(protocol: &Protocol) -> Option<Self> {
        let is_framed = [Way::ToServer, Way::ToClient].map(|way| protocol.is_framed(way));
        let is_datagram = |datagram: bool| {
            protocol.transports().iter().any(|transport| transport.is_datagram() == datagram)
        };
        let (has_streams, has_datagrams) = (is_datagram(false), is_datagram(true));
        let frames = Self::new(protocol.layout().clone(), is_framed, has_streams, has_datagrams);
        is_framed.contains(&true).then_some(frames)
    }

    /// The name of a frame.
    pub(in crate::cli) fn name(&self, frame: usize) -> &str {
        self.layout.frames.get(frame).map_or("", |frame| &frame.name)
    }

    pub(super) const fn is_framed(&self, direction: Direction) -> bool {
        let [to_server, to_client] = self.is_framed;
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }

    pub(super) const fn has(&self, transport: Transport) -> bool {
        match transport {
            Transport::Tcp => self.has_streams,
            Transport::Udp => self.alone.is_some(),
        }
    }

    /// A datagram is one frame: the first frame that matches. If none does, the error is that of the frame that
    /// matches furthest.
    pub(super) fn read(&self, direction: Direction, data: &[u8]) -> Option<(usize, Reading)> {
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
