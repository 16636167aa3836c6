//! A manifest's entry for one role of a scenario: a command, or a table.
//!
//! ```toml
//! [server]
//! greeting = ["./acme", "{port}"]
//! upload = { command = ["./acme", "{port}"], setup = ["./reset.sh"], ready = "listening" }
//! chat = { at = "127.0.0.1:9000", parallel = true }
//! [client]
//! upload = { by-hand = true }
//! chat = { command = ["./chat"], fixed-address = "[::1]:9001" }
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;

use located::{Mistake, meant};
use model::observation::Role;
use model::{Needs, bad_variable_name, fixed_address, place_beside_fixed_address, places_in};
use regex::bytes::Regex;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{Target, Template};

/// A command; each argument has its position in the text.
pub(super) type Argv = Spanned<Vec<Spanned<String>>>;

/// The entry for a role.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The command that starts the program.
    pub(super) command: Option<Argv>,
    at: Option<Spanned<String>>,
    parallel: Option<Spanned<bool>>,
    by_hand: Option<Spanned<bool>>,
    /// The address that is fixed in the program's source.
    fixed_address: Option<Spanned<String>>,
    needs: NeedsForm,
}

/// The entries for a role, by scenario.
pub(super) type Entries = BTreeMap<Spanned<String>, Spanned<Entry>>;

/// What programs need besides their commands, in the manifest's form.
#[derive(Debug, Default)]
pub(super) struct NeedsForm {
    pub(super) setup: Option<Argv>,
    pub(super) env: BTreeMap<Spanned<String>, Spanned<String>>,
    pub(super) ready: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    command: Option<Argv>,
    at: Option<Spanned<String>>,
    parallel: Option<Spanned<bool>>,
    by_hand: Option<Spanned<bool>>,
    fixed_address: Option<Spanned<String>>,
    setup: Option<Argv>,
    #[serde(default)]
    env: BTreeMap<Spanned<String>, Spanned<String>>,
    ready: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings, which is a command, or a table with command, at or by-hand")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Entry, A::Error> {
        let argv = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
        // The position is not known here; `Entry::placed` sets it.
        Ok(Entry { command: Some(Spanned::new(0..0, argv)), ..Entry::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        let Table { command, at, parallel, by_hand, fixed_address, setup, env, ready } = table;
        let needs = NeedsForm { setup, env, ready };
        Ok(Entry { command, at, parallel, by_hand, fixed_address, needs })
    }
}

impl Entry {
    /// The same with its position in the text.
    pub(super) fn placed(entry: Spanned<Self>) -> Spanned<Self> {
        let place = entry.span();
        let mut entry = entry.into_inner();
        if let Some(command) = entry.command.take() {
            let is_whole = command.span() == (0..0);
            let at = if is_whole { place.clone() } else { command.span() };
            entry.command = Some(Spanned::new(at, command.into_inner()));
        }
        Spanned::new(place, entry)
    }

    /// The mistakes that do not depend on the scenario. `place` is the entry's position.
    pub(super) fn mistakes(&self, role: Role, place: Range<usize>, found: &mut Vec<Mistake>) {
        let there = [
            self.command.as_ref().map(|_| "command"),
            self.at.as_ref().map(|_| "at"),
            self.by_hand.as_ref().map(|_| "by-hand"),
        ];
        let there: Vec<&str> = there.into_iter().flatten().collect();
        if there.len() != 1 {
            let what = match there[..] {
                [] => "this does not say what plays it".to_owned(),
                _ => format!("one thing plays it, not {}", there.join(" and ")),
            };
            let help = match role {
                Role::Server => "command = [\"./acme\", \"{port}\"], or at = \"127.0.0.1:9000\"",
                Role::Client => "command = [\"./acme\", \"{port}\"], or by-hand = true",
            };
            found.push(Mistake::new(what, place).with_help(help));
        }
        let mut refuse = |what: &str, place: Range<usize>, help: &str| {
            found.push(Mistake::new(what, place).with_help(help));
        };
        if let Some(at) = self.at.as_ref().filter(|_| role == Role::Client) {
            let help = "a client that a person starts has by-hand = true";
            refuse("framecheck does not connect to a client", at.span(), help);
        }
        if let Some(by_hand) = &self.by_hand {
            if role == Role::Server {
                let help = "a server that runs already has at = \"127.0.0.1:9000\"";
                refuse("only a client can be started by hand", by_hand.span(), help);
            } else if !by_hand.get_ref() {
                refuse("by-hand is true, or not there", by_hand.span(), "leave it out");
            }
        }
        if let Some(parallel) = self.parallel.as_ref().filter(|_| self.at.is_none()) {
            let help = "framecheck starts any other server anew for each case";
            refuse("only a server that runs already has \"parallel\"", parallel.span(), help);
        }
        if let (Some(_), Some(address)) = (&self.at, &self.fixed_address) {
            let what = "the address of a server that runs already is in \"at\"";
            refuse(what, address.span(), "leave fixed-address out");
        }
        let needs = &self.needs;
        if let Some(ready) = needs.ready.as_ref().filter(|_| role == Role::Client) {
            let help = "framecheck waits for servers only; a client may connect at any time";
            refuse("no client has a \"ready\"", ready.span(), help);
        }
        let needed = [
            needs.setup.as_ref().map(Spanned::span),
            needs.ready.as_ref().map(Spanned::span),
            needs.env.keys().next().map(Spanned::span),
        ];
        if let (None, Some(place)) = (&self.command, needed.into_iter().flatten().next()) {
            let help = "leave it out, or give a command";
            refuse("only a program that framecheck starts is given this", place, help);
        }
    }

    /// The address in its program's source: its own, or that of the whole manifest.
    pub(super) fn address(&self, of_all: Option<&Spanned<String>>) -> Option<SocketAddr> {
        let text = self.fixed_address.as_ref().or(of_all).filter(|_| self.at.is_none())?;
        fixed_address(text.get_ref()).ok()
    }

    /// Whether its program's source has an address, given here or for the whole manifest.
    pub(super) const fn has_address(&self, of_all: Option<&Spanned<String>>) -> bool {
        self.fixed_address.is_some() || of_all.is_some()
    }

    /// The mistakes about that address, and about a command that also has a placeholder for one.
    pub(super) fn address_mistakes(
        &self,
        of_all: Option<&Spanned<String>>,
        found: &mut Vec<Mistake>,
    ) {
        found.extend(self.fixed_address.as_ref().and_then(address_mistake));
        let argv = self.command.iter().flat_map(|command| command.get_ref());
        for argument in argv.filter(|_| self.has_address(of_all)) {
            if let Some(error) = place_beside_fixed_address(argument.get_ref()) {
                found.push(Mistake::new(error.what, argument.span()).with_help(error.help));
            }
        }
    }

    /// The needs, and the mistakes about them. `known` are the valid placeholders.
    pub(super) fn needs_mistakes(&self, known: &[String], found: &mut Vec<Mistake>) {
        self.needs.mistakes(found);
        self.needs.unknown_places(known, found);
    }

    /// The server that runs already, if there is one.
    pub(super) fn target(
        &self,
        base: &Path,
        all_parallel: bool,
    ) -> Option<Result<Target, Mistake>> {
        let at = self.at.as_ref()?;
        let parallel = self.parallel.as_ref().map_or(all_parallel, |it| *it.get_ref());
        let parsed = Target::parse(at.get_ref(), base, parallel);
        Some(parsed.map_err(|(what, help)| Mistake::new(what, at.span()).with_help(help)))
    }

    /// Whether a person plays it.
    pub(super) const fn is_by_hand(&self) -> bool {
        self.by_hand.is_some()
    }

    /// The command, if there is one, and what its program needs; `common` applies where this entry says
    /// nothing.
    pub(super) fn into_program(
        self,
        role: Role,
        common: &Needs,
        base: &Path,
    ) -> Option<(Template, Needs)> {
        let needs = self.needs.into_needs(base).or(common);
        let ready = needs.ready.filter(|_| role == Role::Server);
        Some((template(self.command?, base), Needs { ready, ..needs }))
    }
}

/// The addresses in the source of programs, by role and scenario.
pub(super) fn addresses(
    servers: &Entries,
    clients: &Entries,
    of_all: Option<&Spanned<String>>,
) -> BTreeMap<(Role, String), SocketAddr> {
    let of_role = |role, entries: &Entries| -> Vec<_> {
        let address = |(name, entry): (&Spanned<String>, &Spanned<Entry>)| {
            Some(((role, name.get_ref().clone()), entry.get_ref().address(of_all)?))
        };
        entries.iter().filter_map(address).collect()
    };
    let of_servers = of_role(Role::Server, servers);
    of_servers.into_iter().chain(of_role(Role::Client, clients)).collect()
}

/// The mistake in a text that is not a fixed address.
pub(super) fn address_mistake(text: &Spanned<String>) -> Option<Mistake> {
    let error = fixed_address(text.get_ref()).err()?;
    Some(Mistake::new(error.what, text.span()).with_help(error.help))
}

/// A command with absolute paths.
fn template(argv: Argv, base: &Path) -> Template {
    Template(argv.into_inner().into_iter().map(Spanned::into_inner).collect()).beside(base)
}

impl NeedsForm {
    /// The mistakes that do not depend on the entry's position.
    pub(super) fn mistakes(&self, found: &mut Vec<Mistake>) {
        if let Some(setup) = &self.setup
            && setup.get_ref().first().is_none_or(|program| program.get_ref().is_empty())
        {
            let mistake = Mistake::new("a command begins with its program", setup.span());
            found.push(mistake.with_help("e.g. [\"./reset-db.sh\", \"{dir}\"]"));
        }
        for name in self.env.keys() {
            if let Some(what) = bad_variable_name(name.get_ref()) {
                let mistake = Mistake::new(what, name.span());
                found.push(mistake.with_help("choose another name, or leave it out"));
            }
        }
        for text in self.texts().filter(|text| text.get_ref().contains('\0')) {
            found.push(Mistake::new("no program can be given a NUL", text.span()));
        }
        if let Some(ready) = &self.ready
            && let Err(error) = Regex::new(ready.get_ref())
        {
            found.push(Mistake::of_regex(&error.to_string(), ready.span()));
        }
    }

    /// The unknown placeholders. `known` are the valid ones.
    pub(super) fn unknown_places(&self, known: &[String], found: &mut Vec<Mistake>) {
        for text in self.texts() {
            let unknown = |place: &&str| !known.iter().any(|known| known == place);
            for place in places_in(text.get_ref()).filter(unknown) {
                let mistake =
                    Mistake::new(format!("{{{place}}} stands for nothing here"), text.span());
                found.push(mistake.with_help(meant(place, known)));
            }
        }
    }

    /// The texts that may contain placeholders.
    fn texts(&self) -> impl Iterator<Item = &Spanned<String>> {
        let setup = self.setup.iter().flat_map(|setup| setup.get_ref());
        setup.chain(self.env.values())
    }

    /// The needs, with absolute paths.
    pub(super) fn into_needs(self, base: &Path) -> Needs {
        let directory = base.to_string_lossy();
        let plain = |(name, value): (Spanned<String>, Spanned<String>)| {
            (name.into_inner(), value.into_inner().replace("{dir}", &directory))
        };
        Needs {
            setup: self.setup.map(|setup| template(setup, base).0).unwrap_or_default(),
            env: self.env.into_iter().map(plain).collect(),
            ready: self.ready.map(Spanned::into_inner),
        }
    }
}
