//! A command as a manifest declares it, alone or with the address that stands in its program's source.
//!
//! ```toml
//! fixed-address = "127.0.0.1:9001"      # of all commands below
//! [server]
//! chat = ["./chat-server"]
//! [client]
//! chat = { command = ["./chat"], fixed-address = "[::1]:9001" }
//! ```

use std::fmt;
use std::net::SocketAddr;

use located::Mistake;
use model::{fixed_address, places_in};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

/// Places that say where to listen or to connect.
const ADDRESS_PLACES: [&str; 4] = ["host", "port", "path", "address"];

/// A command, and its own fixed address.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) argv: Vec<Spanned<String>>,
    pub(super) fixed_address: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for Declared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form)
    }
}

/// Reads either form. What serde derives for the choice of two forms loses their places.
struct Form;

impl<'de> Visitor<'de> for Form {
    type Value = Declared;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings, or { command = [...], fixed-address = \"...\" }")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut arguments: A) -> Result<Declared, A::Error> {
        let mut argv = Vec::new();
        while let Some(argument) = arguments.next_element()? {
            argv.push(argument);
        }
        Ok(Declared { argv, fixed_address: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Declared, A::Error> {
        const KEYS: &[&str] = &["command", "fixed-address"];
        let (mut argv, mut fixed_address) = (None, None);
        while let Some(key) = keys.next_key::<String>()? {
            match key.as_str() {
                "command" => argv = Some(keys.next_value()?),
                "fixed-address" => fixed_address = Some(keys.next_value()?),
                _ => return Err(A::Error::unknown_field(&key, KEYS)),
            }
        }
        let argv = argv.ok_or_else(|| A::Error::missing_field("command"))?;
        Ok(Declared { argv, fixed_address })
    }
}

impl Declared {
    /// The fixed address of its program, its own or that of the whole manifest.
    pub(super) fn address(&self, of_all: Option<&Spanned<String>>) -> Option<SocketAddr> {
        let text = self.fixed_address.as_ref().or(of_all)?;
        fixed_address(text.get_ref()).ok()
    }

    /// Why a command of a program with a fixed address can't be that.
    pub(super) fn address_mistakes(&self, mistakes: &mut Vec<Mistake>) {
        mistakes.extend(self.fixed_address.as_ref().and_then(address_mistake));
        for argument in &self.argv {
            let is_address = |place: &&str| ADDRESS_PLACES.contains(place);
            if let Some(place) = places_in(argument.get_ref()).find(is_address) {
                let what =
                    format!("{{{place}}} and fixed-address: where is this program's address?");
                let help = "remove the place; or, if it takes an address, give only the other role a \
                            fixed-address: { command = [...], fixed-address = \"...\" }";
                mistakes.push(Mistake::new(what, argument.span()).with_help(help));
            }
        }
    }
}

/// Why a text is no fixed address.
pub(super) fn address_mistake(text: &Spanned<String>) -> Option<Mistake> {
    let error = fixed_address(text.get_ref()).err()?;
    Some(Mistake::new(error.what, text.span()).with_help(error.help))
}
