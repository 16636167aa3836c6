//! `[reference]` of a protocol's file: the two programs, how they are started, and where they have their
//! addresses.

use std::net::SocketAddr;
use std::path::Path;

use located::Mistake;
use model::case::{HAND, HARNESS, Transport};
use model::{fixed_address, places_in};
use toml::Spanned;

use crate::protocol::Reference;
use crate::reader::Section;

/// What the reference is called unless its file says so.
const REFERENCE: &str = "reference";
/// The key of the address that stands in the source of a program.
const FIXED: &str = "fixed-address";
/// Places that say where to listen or to connect.
const ADDRESS_PLACES: [&str; 4] = ["host", "port", "path", "address"];

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

/// Its two programs, and their commands as they stand in the file.
pub(crate) fn read(root: &Section<'_>, base: &Path) -> (Reference, Vec<Command>) {
    let empty = Reference { name: REFERENCE.to_owned(), ..Reference::default() };
    let Some(section) = root.section("reference") else {
        if root.get("reference").is_none() {
            let help = "[reference] says how its two programs are started";
            let what = "a protocol file needs a \"reference\"";
            root.note(Mistake::new(what, 0..0).with_help(help));
        }
        return (empty, Vec::new());
    };
    let name = section.text("name");
    if let Some(name) = &name {
        reference_name(&section, name);
    }
    let of_both = address(&section);
    let mut commands = Vec::new();
    let mut program = |role: &str| {
        let Some((command, own)) = command(&section, role) else { return (Vec::new(), None) };
        let address = own.or(of_both);
        command_mistakes(&section, role, &command, address.is_some(), base);
        let argv = command.get_ref().iter().map(|argument| argument.get_ref().clone()).collect();
        commands.push(command);
        (argv, address)
    };
    let ((server, server_address), (client, client_address)) =
        (program("server"), program("client"));
    let reference = Reference {
        name: name.map_or_else(|| REFERENCE.to_owned(), Spanned::into_inner),
        language: section.text("language").map(Spanned::into_inner).unwrap_or_default(),
        server,
        client,
        server_address,
        client_address,
    };
    section.finish();
    (reference, commands)
}

/// The command of a role, and its own fixed address: a list, or a table with both.
fn command(section: &Section<'_>, role: &str) -> Option<(Command, Option<SocketAddr>)> {
    let Some(value) = section.get(role) else {
        section.lacks(role);
        return None;
    };
    if value.get_ref().as_table().is_none() {
        return Some((section.texts(role)?, None));
    }
    let table = section.section(role)?;
    let (command, address) = (table.texts("command"), address(&table));
    if table.get("command").is_none() {
        table.lacks("command");
    }
    table.finish();
    Some((command?, address))
}

/// The address that stands in the source of programs. A text that is none counts as one, so that its
/// mistake is told alone.
fn address(section: &Section<'_>) -> Option<SocketAddr> {
    let text = section.text(FIXED)?;
    let address = fixed_address(text.get_ref()).unwrap_or_else(|error| {
        section.note(Mistake::new(error.what, text.span()).with_help(error.help));
        SocketAddr::from(([127, 0, 0, 1], 0))
    });
    Some(address)
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
    let is_script = |argument: &&Spanned<String>| {
        let path = Path::new(argument.get_ref());
        path.extension().is_some_and(|it| it == "py") && !argument.get_ref().contains('{')
    };
    for script in argv.iter().filter(is_script) {
        if !base.join(script.get_ref()).is_file() {
            let what = format!("there is no {:?} beside this file", script.get_ref());
            section.note(Mistake::new(what, script.span()));
        }
    }
    if argv.first().is_none_or(|program| program.get_ref().is_empty()) {
        let places = if has_address { "" } else { ", \"{host}\", \"{port}\"" };
        let help = format!("e.g. [\"python3\", \"{role}.py\"{places}]");
        let mistake = Mistake::new("a command begins with its program", command.span());
        return section.note(mistake.with_help(help));
    }
    for argument in argv.iter().filter(|argument| argument.get_ref().contains('\0')) {
        section.note(Mistake::new("no program can be given a NUL", argument.span()));
    }
    if has_address {
        return told_twice(section, argv);
    }
    let mentions = |place: &str| {
        argv.iter().any(|argument| places_in(argument.get_ref()).any(|it| it == place))
    };
    let inet = mentions("host") || mentions("port");
    if !inet && !mentions("path") && !mentions("address") {
        let what = format!("this {role} is not told where to {}", verb(role));
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

/// A program whose address stands in its source takes none.
fn told_twice(section: &Section<'_>, argv: &[Spanned<String>]) {
    for argument in argv {
        let is_address = |place: &&str| ADDRESS_PLACES.contains(place);
        if let Some(place) = places_in(argument.get_ref()).find(is_address) {
            let what = format!("{{{place}}} and fixed-address: where is this program's address?");
            let help = "remove the place; or, if it takes an address, give only the other role a \
                        fixed-address: { command = [...], fixed-address = \"...\" }";
            section.note(Mistake::new(what, argument.span()).with_help(help));
        }
    }
}

fn verb(role: &str) -> &'static str {
    if role == "server" { "listen" } else { "connect" }
}
