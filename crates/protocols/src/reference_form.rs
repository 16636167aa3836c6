//! Reads `[reference]` of a protocol's file: how to start its two programs, what they need, and their
//! addresses.
//!
//! A role is a command, or a table with a `command` and its own needs:
//!
//! ```toml
//! [reference]
//! client = ["python3", "client.py", "{host}", "{port}"]
//! env = { TABLES = "{dir}/tables" }
//! [reference.server]
//! command = ["python3", "server.py"]
//! fixed-address = "127.0.0.1:9001"
//! setup = ["./reset-db.sh", "{dir}"]
//! ready = "listening on port [0-9]+"
//! ```

use std::net::SocketAddr;
use std::path::Path;

use located::{Mistake, meant};
use model::case::{HAND, HARNESS, Transport};
use model::{Needs, bad_variable_name, fixed_address, place_beside_fixed_address, places_in};
use regex::bytes::Regex;
use toml::Spanned;

use crate::protocol::Reference;
use crate::reader::Section;
use crate::text::{PLACES, words_in};

/// The default name of the reference.
const REFERENCE: &str = "reference";
/// The key of the address in the source of a program.
const FIXED: &str = "fixed-address";

impl Reference {
    /// The transport of a protocol that names none: what the server speaks.
    pub(crate) const fn usual_transport(&self) -> Transport {
        match self.server_address {
            Some(SocketAddr::V6(_)) => Transport::Tcp6,
            Some(SocketAddr::V4(_)) | None => Transport::Tcp4,
        }
    }
}

/// A command as it stands in the file.
pub(crate) type Command = Spanned<Vec<Spanned<String>>>;

/// The two programs, and all commands that may contain a variable.
pub(crate) fn read(root: &Section<'_>, base: &Path) -> (Reference, Vec<Command>) {
    let mut reference = Reference { name: REFERENCE.to_owned(), ..Reference::default() };
    let Some(section) = root.section("reference") else {
        if root.get("reference").is_none() {
            let help = "[reference] says how its two programs are started";
            let what = "a protocol file needs a \"reference\"";
            root.note(Mistake::new(what, 0..0).with_help(help));
        }
        return (reference, Vec::new());
    };
    if let Some(name) = section.text("name") {
        reference_name(&section, &name);
        reference.name = name.into_inner();
    }
    reference.language = section.text("language").map(Spanned::into_inner).unwrap_or_default();
    let common = besides(&section, base);
    let mut commands = Vec::new();
    for role in ["server", "client"] {
        let (command, own) = program(&section, role, base, &common);
        let argv = command.as_ref().map(plain).unwrap_or_default();
        let address = own.address.or(common.address);
        let needs = own.needs.or(&common.needs);
        if role == "server" {
            reference.server = argv;
            (reference.server_address, reference.server_needs) = (address, needs);
        } else {
            reference.client = argv;
            // The harness does not wait for a client to be ready.
            let needs = Needs { ready: None, ..needs };
            (reference.client_address, reference.client_needs) = (address, needs);
        }
        commands.extend(command);
    }
    section.finish();
    (reference, commands)
}

/// The settings of programs besides their commands.
#[derive(Default)]
struct Besides {
    needs: Needs,
    /// Every text of the needs that may contain placeholders.
    texts: Vec<Spanned<String>>,
    address: Option<SocketAddr>,
}

/// The command of a role, and the settings of that role alone.
fn program(
    section: &Section<'_>,
    role: &'static str,
    base: &Path,
    common: &Besides,
) -> (Option<Command>, Besides) {
    let Some(value) = section.get(role) else {
        section.lacks(role);
        return (None, Besides::default());
    };
    let (command, own) = if value.get_ref().as_table().is_some() {
        let Some(inner) = section.section(role) else { return (None, Besides::default()) };
        if inner.get("command").is_none() {
            inner.lacks("command");
        }
        let command = inner.texts("command");
        let own = besides(&inner, base);
        if let Some(ready) = inner.get("ready").filter(|_| role == "client") {
            let help = "framecheck waits for servers; a client connects when it likes";
            inner.note(Mistake::new("no client has a \"ready\"", ready.span()).with_help(help));
        }
        inner.finish();
        (command, own)
    } else {
        (section.texts(role), Besides::default())
    };
    if let Some(command) = &command {
        let has_address = own.address.or(common.address).is_some();
        command_mistakes(section, role, command, has_address, base);
        let words = words_in(&plain(command));
        let known: Vec<&str> = PLACES.into_iter().chain(words.iter().map(String::as_str)).collect();
        for text in common.texts.iter().chain(&own.texts) {
            for place in places_in(text.get_ref()).filter(|place| !known.contains(place)) {
                let what = format!("{{{place}}} stands for nothing here: the {role} takes none");
                let mistake = Mistake::new(what, text.span());
                section.note(mistake.with_help(meant(place, &known)));
            }
        }
    }
    (command, own)
}

/// A table's settings of programs besides their commands.
fn besides(section: &Section<'_>, base: &Path) -> Besides {
    let mut form = Besides { address: address(section), ..Besides::default() };
    if let Some(setup) = section.texts("setup") {
        begins_with_a_program(section, &setup, "[\"./reset-db.sh\", \"{dir}\"]");
        scripts_are_there(section, &setup, base);
        form.needs.setup = plain(&setup);
        form.texts.extend(setup.into_inner());
    }
    if let Some(env) = section.section("env") {
        for (name, _) in env.entries() {
            let Some(value) = env.text(name.get_ref()) else { continue };
            if let Some(what) = bad_variable_name(name.get_ref()) {
                let help = "choose another name, or leave it out";
                env.note(Mistake::new(what, name.span()).with_help(help));
            } else if value.get_ref().contains('\0') {
                env.note(Mistake::new("no program can be given a NUL", value.span()));
            }
            form.needs.env.insert(name.into_inner(), value.get_ref().clone());
            form.texts.push(value);
        }
    }
    if let Some(ready) = section.text("ready") {
        match Regex::new(ready.get_ref()) {
            Ok(_) => form.needs.ready = Some(ready.into_inner()),
            Err(error) => section.note(Mistake::of_regex(&error.to_string(), ready.span())),
        }
    }
    form
}

/// The address in the source of programs. An invalid text counts as an address, so that only its own
/// mistake is reported.
fn address(section: &Section<'_>) -> Option<SocketAddr> {
    let text = section.text(FIXED)?;
    let address = fixed_address(text.get_ref()).unwrap_or_else(|error| {
        section.note(Mistake::new(error.what, text.span()).with_help(error.help));
        SocketAddr::from(([127, 0, 0, 1], 0))
    });
    Some(address)
}

/// The arguments of a command.
fn plain(command: &Command) -> Vec<String> {
    command.get_ref().iter().map(|argument| argument.get_ref().clone()).collect()
}

fn reference_name(section: &Section<'_>, name: &Spanned<String>) {
    let text = name.get_ref();
    let is_name = text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if [HARNESS, HAND, "rust"].contains(&text.as_str()) {
        section.note(Mistake::new(format!("the name {text:?} is taken"), name.span()));
    } else if !is_name {
        let what = format!("{text:?} can't be a name in a pairing");
        let help = "letters, digits, '.', '_' and '-', beginning with a letter or digit";
        section.note(Mistake::new(what, name.span()).with_help(help));
    }
}

fn command_mistakes(
    section: &Section<'_>,
    role: &str,
    command: &Command,
    has_address: bool,
    base: &Path,
) {
    let argv = command.get_ref();
    scripts_are_there(section, command, base);
    let places = if has_address { "" } else { ", \"{host}\", \"{port}\"" };
    let example = format!("[\"python3\", \"{role}.py\"{places}]");
    if !begins_with_a_program(section, command, &example) {
        return;
    }
    if has_address {
        return told_twice(section, argv);
    }
    let mentions = |place: &str| {
        argv.iter().any(|argument| places_in(argument.get_ref()).any(|it| it == place))
    };
    let inet = mentions("host") || mentions("port");
    if !inet && !mentions("path") && !mentions("address") {
        let what = format!("this {role} gets no address to {}", verb(role));
        let help = "give it {port}, and {host} if it takes one; or {path}, a Unix socket; or say which \
                    fixed-address its source has";
        section.note(Mistake::new(what, command.span()).with_help(help));
    }
    if inet && mentions("path") {
        let what = "{path} is a Unix socket, {host} and {port} an internet address";
        let help = "give it one of the two; or {address}, which may be either";
        section.note(Mistake::new(what, command.span()).with_help(help));
    }
}

/// A program whose address is in its source takes no address.
fn told_twice(section: &Section<'_>, argv: &[Spanned<String>]) {
    for argument in argv {
        if let Some(error) = place_beside_fixed_address(argument.get_ref()) {
            section.note(Mistake::new(error.what, argument.span()).with_help(error.help));
        }
    }
}

/// Whether it is such a program; then none of its arguments is an address.
fn begins_with_a_program(section: &Section<'_>, command: &Command, example: &str) -> bool {
    let argv = command.get_ref();
    if argv.first().is_none_or(|program| program.get_ref().is_empty()) {
        let mistake = Mistake::new("a command begins with its program", command.span());
        section.note(mistake.with_help(format!("e.g. {example}")));
        return false;
    }
    for argument in argv.iter().filter(|argument| argument.get_ref().contains('\0')) {
        section.note(Mistake::new("no program can be given a NUL", argument.span()));
    }
    true
}

/// Whether each Python program that a command names exists.
fn scripts_are_there(section: &Section<'_>, command: &Command, base: &Path) {
    let is_script = |argument: &&Spanned<String>| {
        let path = Path::new(argument.get_ref());
        path.extension().is_some_and(|it| it == "py") && !argument.get_ref().contains('{')
    };
    for script in command.get_ref().iter().filter(is_script) {
        if !base.join(script.get_ref()).is_file() {
            let what = format!("there is no {:?} beside this file", script.get_ref());
            section.note(Mistake::new(what, script.span()));
        }
    }
}

fn verb(role: &str) -> &'static str {
    if role == "server" { "listen" } else { "connect" }
}
