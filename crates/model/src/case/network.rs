//! The network between two peers: how it cuts and delays bytes, and which fault it injects where.

use std::fmt;
use std::str::FromStr;

use super::CaseIdError;
use crate::observation::Direction;

/// A network. Its name in a case id is `KIND`, `KIND-WAY`, `KIND@N` or `KIND-WAY@N`.
///
/// `N` counts from 0: the bytes of the stream, or the datagrams, in the affected direction. The other direction
/// is forwarded at once and unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network {
    /// What it does.
    pub kind: Kind,
    /// The direction that it affects.
    pub way: Way,
}

/// The kind of a [`Network`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Everything is forwarded at once and unchanged.
    AsIs,
    /// Each byte is a segment of its own. The receiver has read it before the next is sent.
    Bytewise,
    /// Everything that can be merged is merged: bytes wait until their sender ends or waits itself.
    Coalesced,
    /// The stream is cut at random places, by the case's seed. The receiver has read each segment before the
    /// next is sent.
    Random,
    /// Each segment is forwarded unchanged after a delay, by the case's seed.
    Delayed,
    /// The receiver reads little at a time, and its buffers are small, so the sender of a long stream must
    /// wait.
    Slow,
    /// The stream is cut before each of these bytes, and nowhere else before the last of them. What comes
    /// before a cut is merged, and is read before the rest is sent.
    Split(Vec<usize>),
    /// The connection ends in both directions when this many bytes have been forwarded and read.
    Cut(usize),
    /// The connection is reset in both directions when this many bytes have been forwarded and read.
    Reset(usize),
    /// After this many bytes, nothing more is forwarded in either direction. The connection stays open until
    /// the client ends it.
    Stall(usize),
    /// Only this direction ends when this many bytes have been forwarded and read.
    HalfClose(usize),
    /// One bit of the byte with this number arrives inverted. The case's seed chooses the bit.
    Flip(usize),
    /// The datagram with this number is lost.
    Drop(usize),
    /// The datagram with this number arrives twice.
    Dup(usize),
    /// The datagram with this number arrives after the next one, or last of all.
    Reorder(usize),
    /// Only this many bytes of each datagram arrive.
    Truncate(usize),
}

/// The direction that a network affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// Both directions, independently. For networks that cut, this is the default, so their names have no
    /// suffix for it.
    Both,
    /// To the server: `-up`.
    Up,
    /// To the client: `-down`.
    Down,
}

impl Way {
    /// Whether it includes this direction.
    #[must_use]
    pub const fn concerns(self, direction: Direction) -> bool {
        match self {
            Self::Both => true,
            Self::Up => matches!(direction, Direction::ToServer),
            Self::Down => matches!(direction, Direction::ToClient),
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::Both => "",
            Self::Up => "-up",
            Self::Down => "-down",
        }
    }
}

impl Network {
    /// Everything is forwarded at once and unchanged.
    pub const AS_IS: Self = Self { kind: Kind::AsIs, way: Way::Both };

    /// This kind, in both directions.
    #[must_use]
    pub const fn both(kind: Kind) -> Self {
        Self { kind, way: Way::Both }
    }

    /// This kind, to the server.
    #[must_use]
    pub const fn up(kind: Kind) -> Self {
        Self { kind, way: Way::Up }
    }

    /// This kind, to the client.
    #[must_use]
    pub const fn down(kind: Kind) -> Self {
        Self { kind, way: Way::Down }
    }

    /// Whether everything arrives once and in order. It may be cut, merged or delayed.
    #[must_use]
    pub const fn is_harmless(&self) -> bool {
        matches!(
            self.kind,
            Kind::AsIs
                | Kind::Bytewise
                | Kind::Coalesced
                | Kind::Random
                | Kind::Delayed
                | Kind::Slow
                | Kind::Split(_)
        )
    }

    /// The family of similar networks, for tables: `asis`, `cuts` for everything that arrives whole, `faults`
    /// for the others.
    #[must_use]
    pub const fn family(&self) -> &'static str {
        match self.kind {
            Kind::AsIs => "asis",
            _ if self.is_harmless() => "cuts",
            _ => "faults",
        }
    }

    /// Whether it applies to datagrams, to streams, or to both.
    #[must_use]
    pub const fn fits(&self, datagrams: bool) -> bool {
        match self.kind {
            Kind::AsIs | Kind::Delayed => true,
            Kind::Drop(_) | Kind::Dup(_) | Kind::Reorder(_) | Kind::Truncate(_) => datagrams,
            _ => !datagrams,
        }
    }
}

impl Kind {
    /// The names of all kinds; N stands for a number.
    pub const NAMES: [&str; 16] = [
        "asis",
        "bytewise",
        "coalesced",
        "random",
        "delayed",
        "slow",
        "split@N",
        "cut@N",
        "reset@N",
        "stall@N",
        "halfclose@N",
        "flip@N",
        "drop@N",
        "dup@N",
        "reorder@N",
        "truncate@N",
    ];

    const fn name(&self) -> &'static str {
        match self {
            Self::AsIs => "asis",
            Self::Bytewise => "bytewise",
            Self::Coalesced => "coalesced",
            Self::Random => "random",
            Self::Delayed => "delayed",
            Self::Slow => "slow",
            Self::Split(_) => "split",
            Self::Cut(_) => "cut",
            Self::Reset(_) => "reset",
            Self::Stall(_) => "stall",
            Self::HalfClose(_) => "halfclose",
            Self::Flip(_) => "flip",
            Self::Drop(_) => "drop",
            Self::Dup(_) => "dup",
            Self::Reorder(_) => "reorder",
            Self::Truncate(_) => "truncate",
        }
    }

    fn places(&self) -> &[usize] {
        match self {
            Self::Split(places) => places,
            Self::Cut(at)
            | Self::Reset(at)
            | Self::Stall(at)
            | Self::HalfClose(at)
            | Self::Flip(at)
            | Self::Drop(at)
            | Self::Dup(at)
            | Self::Reorder(at)
            | Self::Truncate(at) => std::slice::from_ref(at),
            Self::AsIs
            | Self::Bytewise
            | Self::Coalesced
            | Self::Random
            | Self::Delayed
            | Self::Slow => &[],
        }
    }

    /// The kind with this name, if it can have these places.
    fn named(name: &str, places: &[usize]) -> Option<Self> {
        let rises = || places.windows(2).all(|pair| matches!(pair, [one, next] if one < next));
        Some(match (name, places) {
            ("asis", []) => Self::AsIs,
            ("bytewise", []) => Self::Bytewise,
            ("coalesced", []) => Self::Coalesced,
            ("random", []) => Self::Random,
            ("delayed", []) => Self::Delayed,
            ("slow", []) => Self::Slow,
            ("split", [first, ..]) if *first > 0 && rises() => Self::Split(places.to_vec()),
            ("cut", [at]) => Self::Cut(*at),
            ("reset", [at]) => Self::Reset(*at),
            ("stall", [at]) => Self::Stall(*at),
            ("halfclose", [at]) => Self::HalfClose(*at),
            ("flip", [at]) => Self::Flip(*at),
            ("drop", [at]) => Self::Drop(*at),
            ("dup", [at]) => Self::Dup(*at),
            ("reorder", [at]) => Self::Reorder(*at),
            ("truncate", [at]) => Self::Truncate(*at),
            _ => return None,
        })
    }

    /// The default direction. For kinds with a place, it is to the client, where the frames go; for others,
    /// both.
    fn usual_way(&self) -> Way {
        if self.places().is_empty() { Way::Both } else { Way::Down }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if self.way != self.kind.usual_way() {
            f.write_str(if self.way == Way::Both { "-both" } else { self.way.suffix() })?;
        }
        for (nth, place) in self.kind.places().iter().enumerate() {
            write!(f, "{}{place}", if nth == 0 { '@' } else { '+' })?;
        }
        Ok(())
    }
}

impl FromStr for Network {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        let parse = || {
            let (what, places) = match text.split_once('@') {
                None => (text, Vec::new()),
                Some((what, places)) => (what, numbers(places)?),
            };
            let (name, way) = match what.split_once('-') {
                None => (what, None),
                Some((name, way)) => (name, Some(way_named(way)?)),
            };
            let kind = Kind::named(name, &places)?;
            let way = way.unwrap_or_else(|| kind.usual_way());
            Some(Self { kind, way })
        };
        // A network has only one name: `split-down@3` is `split@3`, and `asis-up` is invalid.
        parse()
            .filter(|network| network.to_string() == text)
            .ok_or_else(|| CaseIdError::Network(text.to_owned()))
    }
}

fn way_named(name: &str) -> Option<Way> {
    match name {
        "both" => Some(Way::Both),
        "up" => Some(Way::Up),
        "down" => Some(Way::Down),
        _ => None,
    }
}

/// Numbers in this program's own form: no sign, no leading zeros.
fn numbers(text: &str) -> Option<Vec<usize>> {
    let number = |part: &str| {
        let number: usize = part.parse().ok()?;
        (number.to_string() == part).then_some(number)
    };
    text.split('+').map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_one_name_and_that_is_read_back() {
        for name in [
            "asis",
            "bytewise",
            "bytewise-up",
            "bytewise-down",
            "coalesced",
            "random",
            "delayed",
            "delayed-down",
            "slow",
            "slow-up",
            "split@1",
            "split-up@17",
            "split@3+9+10",
            "cut@0",
            "cut-up@4",
            "reset@70",
            "stall@1",
            "halfclose-up@5",
            "flip@12",
            "drop@0",
            "dup-up@1",
            "reorder@0",
            "truncate@0",
        ] {
            assert_eq!(name.parse::<Network>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for name in [
            "",
            "wet",
            "asis@1",
            "split",
            "split@",
            "split@0",
            "split@3+3",
            "split@9+3",
            "cut",
            "cut@-1",
            "cut@+1",
            "cut@01",
            "cut@1+2",
            "split-down@3",
            "cut-sideways@1",
            "asis-",
            "split@1+",
            "bytewise-both",
            "CUT@1",
            "cut@99999999999999999999999",
        ] {
            assert_eq!(name.parse::<Network>(), Err(CaseIdError::Network(name.into())), "{name}");
        }
    }

    #[test]
    fn what_has_a_place_happens_on_the_way_to_the_client_unless_told() {
        let network: Network = "cut@3".parse().unwrap();
        assert_eq!(network, Network::down(Kind::Cut(3)));
        assert!(!network.way.concerns(Direction::ToServer));
        assert!(Network::AS_IS.way.concerns(Direction::ToServer));
    }
}
