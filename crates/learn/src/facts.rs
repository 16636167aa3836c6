//! The programs' records of their own calls, which `launch_hooks.py` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

/// The role of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The program that listens.
    Server,
    /// The program that connects.
    Client,
}

/// An address that a program bound or connected to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The role of the program.
    pub role: Role,
    /// `bind`, `connect` or `connect_ex`.
    pub call: String,
    /// The host, as the program wrote it.
    pub host: String,
    /// The port.
    pub port: String,
}

/// A call in a program's source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    /// The role of the program.
    pub(crate) role: Role,
    /// The function: `struct.pack`.
    pub(crate) call: String,
    /// The place: `client.py:21`.
    pub(crate) at: String,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.call)?;
        if self.at.is_empty() { Ok(()) } else { write!(f, " in {}", self.at) }
    }
}

impl Site {
    /// Whether the sender makes this call to write, or the receiver to read. Both compute checksums.
    pub(crate) fn is_of(&self, sender: Role) -> bool {
        let writes =
            ["struct.pack", "struct.pack_into", "json.dumps"].contains(&self.call.as_str());
        let reads = self.call.starts_with("struct.") || self.call == "json.loads";
        match (writes, reads) {
            (true, _) => self.role == sender,
            (false, true) => self.role != sender,
            (false, false) => true,
        }
    }
}

/// The places of calls.
pub(crate) type Sites = BTreeSet<Site>;

/// All recorded calls of both programs, over all plays.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The roles with records.
    noted: BTreeSet<Role>,
    /// The formats of `struct`, each with the calls and the packed or unpacked bytes.
    formats: BTreeMap<String, Packed>,
    /// The places where each JSON text was written or read.
    json: BTreeMap<String, Sites>,
    /// The places where each checksum was computed, by its hexadecimal digits.
    digests: BTreeMap<String, Sites>,
    /// How many bytes a program asked for, and the places.
    asked: BTreeMap<(Role, u64), Sites>,
    addresses: BTreeSet<Address>,
    /// Whether the server bound a datagram socket, and whether a stream socket.
    binds_datagrams: bool,
    binds_streams: bool,
}

#[derive(Debug, Clone, Default)]
struct Packed {
    bytes: BTreeSet<String>,
    sites: Sites,
}

/// At most this many JSON texts are kept.
const TEXTS_MAX: usize = 20_000;

#[derive(Deserialize)]
struct Note {
    call: String,
    #[serde(default)]
    at: String,
    format: Option<String>,
    bytes: Option<String>,
    text: Option<String>,
    digest: Option<String>,
    address: Option<serde_json::Value>,
    asked: Option<i64>,
    kind: Option<String>,
    cwd: Option<String>,
}

impl Facts {
    /// Adds the records of one process. Its working directory shows its role.
    pub fn add(&mut self, notes: &str) {
        let mut lines = notes.lines().filter_map(|line| serde_json::from_str::<Note>(line).ok());
        let Some(first) = lines.next().filter(|note| note.call == "start") else { return };
        let is_server = first.cwd.is_some_and(|cwd| cwd.ends_with("/server"));
        let role = if is_server { Role::Server } else { Role::Client };
        self.noted.insert(role);
        lines.for_each(|note| self.add_note(role, note));
    }

    fn add_note(&mut self, role: Role, note: Note) {
        let called = Site { role, call: note.call.clone(), at: note.at.clone() };
        if let (Some(format), Some(bytes)) = (note.format, note.bytes) {
            let packed = self.formats.entry(format).or_default();
            packed.bytes.insert(bytes);
            packed.sites.insert(called);
        } else if let Some(text) = note.text {
            if self.json.len() < TEXTS_MAX {
                self.json.entry(text).or_default().insert(called);
            }
        } else if let Some(digest) = note.digest {
            self.digests.entry(digest).or_default().insert(called);
        } else if let Some(asked) = note.asked.and_then(|asked| u64::try_from(asked).ok()) {
            self.asked.entry((role, asked)).or_default().insert(called);
        } else if let Some(address) = note.address {
            if role == Role::Server && note.call == "socket.bind" {
                // Python 3.11 and later print the number of SOCK_DGRAM, earlier versions its name.
                let is_of_datagrams =
                    note.kind.as_deref().is_some_and(|it| it == "2" || it.ends_with("SOCK_DGRAM"));
                self.binds_datagrams |= is_of_datagrams;
                self.binds_streams |= !is_of_datagrams;
            }
            self.add_address(role, &note.call, &address);
        }
    }

    fn add_address(&mut self, role: Role, call: &str, address: &serde_json::Value) {
        let part = |nth: usize| Some(address.get(nth)?.as_str()?.to_owned());
        if let (Some(host), Some(port)) = (part(0), part(1)) {
            let call = call.trim_start_matches("socket.").to_owned();
            self.addresses.insert(Address { role, call, host, port });
        }
    }

    /// Whether a program was traced.
    #[must_use]
    pub fn has_notes_of(&self, role: Role) -> bool {
        self.noted.contains(&role)
    }

    /// The addresses that the programs bound or connected to.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.addresses.iter()
    }

    /// Whether the server serves datagrams: it bound a datagram socket and no stream socket. Data on a
    /// program's other sockets, for example to a logger, are not part of the protocol.
    #[must_use]
    pub const fn serves_datagrams(&self) -> bool {
        self.binds_datagrams && !self.binds_streams
    }

    /// The used formats of `struct`, those with the most data first.
    pub(crate) fn formats(&self) -> Vec<&str> {
        let mut formats: Vec<(&String, &Packed)> = self.formats.iter().collect();
        formats.sort_by_key(|(_, packed)| std::cmp::Reverse(packed.bytes.len()));
        formats.into_iter().map(|(format, _)| format.as_str()).collect()
    }

    /// The places where these bytes were packed or unpacked with this format.
    pub(crate) fn packed(&self, format: &str, bytes: &[u8]) -> Option<&Sites> {
        let packed = self.formats.get(format)?;
        packed.bytes.contains(&hex(bytes)).then_some(&packed.sites)
    }

    /// The places where this JSON text was written or read.
    pub(crate) fn json(&self, text: &str) -> Option<&Sites> {
        self.json.get(text)
    }

    /// The places where this checksum was computed.
    pub(crate) fn digest(&self, digits: &str) -> Option<&Sites> {
        self.digests.get(digits)
    }

    /// The places where a program asked for this many bytes.
    pub(crate) fn asked(&self, count: usize) -> Sites {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let both = [Role::Server, Role::Client];
        let sites = both.iter().filter_map(|role| self.asked.get(&(*role, count)));
        sites.flatten().cloned().collect()
    }
}

/// Bytes as hexadecimal digits, in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTES: &str = r#"{"call": "start", "argv": ["s.py"], "cwd": "/tmp/x/3/server"}
{"call": "socket.bind", "at": "s.py:4", "address": ["127.0.0.1", "9001"], "kind": "1"}
{"call": "socket.recv", "at": "s.py:7", "asked": 4, "got": 4}
{"call": "struct.unpack", "at": "s.py:8", "format": ">I", "bytes": "00000007"}
{"call": "json.loads", "at": "s.py:9", "text": "{\"x\":2}", "length": 7}
{"call": "hashlib", "at": "s.py:10", "kind": "md5", "digest": "e2fc", "length": 4}
broken"#;

    #[test]
    fn notes_say_who_called_what_and_where() {
        let mut facts = Facts::default();
        facts.add(NOTES);
        assert!(facts.has_notes_of(Role::Server) && !facts.has_notes_of(Role::Client));
        assert_eq!(facts.formats(), [">I"]);
        let sites = facts.packed(">I", &[0, 0, 0, 7]).unwrap();
        assert_eq!(sites.first().unwrap().to_string(), "struct.unpack in s.py:8");
        assert!(facts.packed(">I", &[0, 0, 0, 8]).is_none());
        assert!(facts.json("{\"x\":2}").is_some() && facts.digest("e2fc").is_some());
        assert_eq!(facts.asked(4).first().unwrap().to_string(), "socket.recv in s.py:7");
        let address = facts.addresses().next().unwrap();
        assert_eq!((address.role, address.port.as_str()), (Role::Server, "9001"));
    }

    #[test]
    fn what_does_not_begin_as_notes_is_none() {
        let mut facts = Facts::default();
        facts.add("{\"call\": \"json.loads\", \"text\": \"1\"}\n");
        facts.add("");
        assert!(!facts.has_notes_of(Role::Client) && facts.json("1").is_none());
    }
}
