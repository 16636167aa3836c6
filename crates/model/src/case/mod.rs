//! A case, and its id.

mod network;

use std::fmt;
use std::str::FromStr;

pub use network::{Kind, Network, Way};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::blob::sha256;

/// The name of the harness as a peer in a pairing. It sends what no program sends.
pub const HARNESS: &str = "harness";
/// The name of a person as a peer in a pairing, who starts a program by hand.
pub const HAND: &str = "hand";

/// The peer that serves and the peer that connects, written `server->client`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pairing {
    /// Name of the peer that serves.
    pub server: String,
    /// Name of the peer that connects.
    pub client: String,
}

impl Pairing {
    /// `server->client`.
    pub fn new(server: impl Into<String>, client: impl Into<String>) -> Self {
        Self { server: server.into(), client: client.into() }
    }
}

impl fmt::Display for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}->{}", self.server, self.client)
    }
}

impl FromStr for Pairing {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        match text.split_once("->") {
            Some((server, client)) if !server.is_empty() && !client.is_empty() => {
                Ok(Self::new(server, client))
            }
            _ => Err(CaseIdError::Pairing(text.to_owned())),
        }
    }
}

/// The transport between the two peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// TCP over IPv4, on loopback.
    Tcp4,
    /// TCP over IPv6, on loopback.
    Tcp6,
    /// A Unix stream socket at a path.
    Unix,
    /// UDP over IPv4, on loopback.
    Udp4,
    /// UDP over IPv6, on loopback.
    Udp6,
    /// A Unix datagram socket at a path.
    Unixgram,
    /// No transport: the scenario is one program.
    None,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 7] =
        [Self::Tcp4, Self::Tcp6, Self::Unix, Self::Udp4, Self::Udp6, Self::Unixgram, Self::None];
    /// The transports of a stream scenario, the usual one first.
    pub const STREAMS: &[Self] = &[Self::Tcp4, Self::Tcp6, Self::Unix];
    /// The transports of a datagram scenario, the usual one first.
    pub const DATAGRAMS: &[Self] = &[Self::Udp4, Self::Udp6, Self::Unixgram];
    /// The transport of a scenario with one program.
    pub const ALONE: &[Self] = &[Self::None];

    /// Its name in ids and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp4 => "tcp4",
            Self::Tcp6 => "tcp6",
            Self::Unix => "unix",
            Self::Udp4 => "udp4",
            Self::Udp6 => "udp6",
            Self::Unixgram => "unixgram",
            Self::None => "none",
        }
    }

    /// Whether it carries datagrams, not a stream.
    #[must_use]
    pub const fn is_datagram(self) -> bool {
        matches!(self, Self::Udp4 | Self::Udp6 | Self::Unixgram)
    }

    /// Whether its addresses are paths.
    #[must_use]
    pub const fn is_path(self) -> bool {
        matches!(self, Self::Unix | Self::Unixgram)
    }

    /// The same kind of transport over IPv4, the only one that some programs use.
    #[must_use]
    pub const fn over_ipv4(self) -> Self {
        match self {
            Self::Tcp4 | Self::Tcp6 | Self::Unix => Self::Tcp4,
            Self::Udp4 | Self::Udp6 | Self::Unixgram => Self::Udp4,
            Self::None => Self::None,
        }
    }

    /// The same kind of transport over IPv6.
    #[must_use]
    pub const fn over_ipv6(self) -> Self {
        match self {
            Self::Tcp4 | Self::Tcp6 | Self::Unix => Self::Tcp6,
            Self::Udp4 | Self::Udp6 | Self::Unixgram => Self::Udp6,
            Self::None => Self::None,
        }
    }

    /// The same kind of transport over paths.
    #[must_use]
    pub const fn over_paths(self) -> Self {
        match self {
            Self::Tcp4 | Self::Tcp6 | Self::Unix => Self::Unix,
            Self::Udp4 | Self::Udp6 | Self::Unixgram => Self::Unixgram,
            Self::None => Self::None,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Transport {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        Self::ALL
            .into_iter()
            .find(|transport| transport.name() == text)
            .ok_or_else(|| CaseIdError::Transport(text.to_owned()))
    }
}

/// How an input is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playing {
    /// The transport.
    pub transport: Transport,
    /// The network.
    pub network: Network,
    /// The pairing.
    pub pairing: Pairing,
}

/// The permanent name of a case: `file-transfer/python->rust/tcp4/asis/9f2c41d0`.
///
/// The last part names the input. It is the hash of a vector's name, or the seed from which the scenario's
/// strategy makes the input. In both cases, the id alone is enough to run the case again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseId {
    /// The scenario's name.
    pub scenario: String,
    /// The pairing.
    pub pairing: Pairing,
    /// The transport.
    pub transport: Transport,
    /// The network.
    pub network: Network,
    /// The input.
    pub input: InputId,
}

/// The longest name of a case's file or directory, in bytes. Most systems allow 255, and callers may append
/// something.
const FILE_NAME_MAX_BYTES: usize = 200;

impl CaseId {
    /// The id as a file or directory name, with `_` for `/`. If it is too long, the name is its beginning and
    /// the first half of the id's SHA-256.
    #[must_use]
    pub fn file_name(&self) -> String {
        let id = self.to_string();
        let name = id.replace('/', "_");
        if name.len() <= FILE_NAME_MAX_BYTES {
            return name;
        }
        let digest = sha256(id.as_bytes());
        let (digest, _) = digest.split_at(digest.len() / 2);
        // The names of scenarios, peers and networks are ASCII.
        let kept = name.get(..FILE_NAME_MAX_BYTES - 1 - digest.len()).unwrap_or_default();
        format!("{kept}-{digest}")
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, pairing, transport, network, input } = self;
        write!(f, "{scenario}/{pairing}/{transport}/{network}/{input}")
    }
}

/// Makes the JSON form of a type its name.
macro_rules! as_its_name {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_its_name!(CaseId, Network, Transport);

impl FromStr for CaseId {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        let parts: Vec<&str> = text.split('/').collect();
        let [scenario, pairing, transport, network, input] = parts[..] else {
            return Err(CaseIdError::Parts { found: parts.len() });
        };
        Ok(Self {
            scenario: scenario.to_owned(),
            pairing: pairing.parse()?,
            transport: transport.parse()?,
            network: network.parse()?,
            input: input.parse()?,
        })
    }
}

/// The id of an input within its scenario: eight hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InputId(pub u32);

impl InputId {
    /// The id of the vector with this name.
    #[must_use]
    pub const fn of_vector(name: &str) -> Self {
        Self(fnv1a(name.as_bytes()))
    }

    /// The id, and so the seed, of the `index`th generated input of a run with this seed.
    #[must_use]
    pub fn of_generated(scenario: &str, run_seed: u64, index: u32) -> Self {
        Self(fnv1a(format!("{scenario}/{run_seed}/{index}").as_bytes()))
    }
}

impl fmt::Display for InputId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for InputId {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        match u32::from_str_radix(text, 16) {
            Ok(number) if text.len() == 8 && !text.starts_with('+') => Ok(Self(number)),
            _ => Err(CaseIdError::Input(text.to_owned())),
        }
    }
}

/// The 32-bit FNV-1a hash. It is small, and gives the same values everywhere and for ever.
const fn fnv1a(bytes: &[u8]) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        hash = (hash ^ *byte as u32).wrapping_mul(0x0100_0193);
        rest = tail;
    }
    hash
}

/// Why a text is not a case id, or not a part of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseIdError {
    /// Too few or too many slashes.
    #[error("expected SCENARIO/SERVER->CLIENT/TRANSPORT/NETWORK/INPUT, found {found} parts")]
    Parts {
        /// The number of parts.
        found: usize,
    },
    /// No `->`, or nothing on one side of it.
    #[error("expected SERVER->CLIENT, found {0:?}")]
    Pairing(String),
    /// An unknown transport.
    #[error("no transport is called {0:?}")]
    Transport(String),
    /// An unknown network.
    #[error("no network is called {0:?}")]
    Network(String),
    /// Not eight hexadecimal digits.
    #[error("expected eight hexadecimal digits, found {0:?}")]
    Input(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_it_was_shown() {
        let text = "file-transfer/python->rust/tcp4/asis/9f2c41d0";
        assert_eq!(text.parse::<CaseId>().unwrap().to_string(), text);
    }

    #[test]
    fn a_file_name_is_the_id_or_as_much_of_it_as_fits_and_its_digest() {
        let name = |text: &str| text.parse::<CaseId>().unwrap().file_name();
        let short = "file-transfer/python->rust/tcp4/asis/9f2c41d0";
        assert_eq!(name(short), "file-transfer_python->rust_tcp4_asis_9f2c41d0");
        let long = |peer: &str| name(&short.replace("rust", &peer.repeat(240)));
        let [one, other] = ["a", "b"].map(long);
        assert_eq!((one.len(), other.len()), (200, 200));
        assert!(one.starts_with("file-transfer_python->aaa"), "{one}");
        let same_beginning = name(&short.replace("rust", &("a".repeat(239) + "b")));
        assert_ne!(one, same_beginning);
    }

    #[test]
    fn what_is_no_id_is_refused_with_its_reason() {
        for (text, why) in [
            ("a/b", CaseIdError::Parts { found: 2 }),
            ("s/python/tcp4/asis/00000000", CaseIdError::Pairing("python".into())),
            ("s/->b/tcp4/asis/00000000", CaseIdError::Pairing("->b".into())),
            ("s/a->b/tcp5/asis/00000000", CaseIdError::Transport("tcp5".into())),
            ("s/a->b/tcp4/wet/00000000", CaseIdError::Network("wet".into())),
            ("s/a->b/tcp4/asis/0", CaseIdError::Input("0".into())),
            ("s/a->b/tcp4/asis/+0000000", CaseIdError::Input("+0000000".into())),
        ] {
            assert_eq!(text.parse::<CaseId>().unwrap_err(), why, "{text}");
        }
    }
}
