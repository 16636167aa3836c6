//! A manifest: the table that turns programs into a peer. Reports every mistake with its position.
//!
//! ```toml
//! name = "acme"
//! language = "Go 1.22"
//! [server]
//! file-transfer = ["./acme", "serve", "{host}", "{port}", "{file}"]
//! [client]
//! file-transfer = ["./acme", "fetch", "{host}", "{port}"]
//! ```
//!
//! `entry.rs` has the tables that may replace a command.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use located::{Mistake, meant};
use model::blob::sha256;
use model::case::{HAND, HARNESS, Transport};
use model::mask::{JsonBy, JsonProfile};
use model::observation::Role;
use model::{Catalogue, Needs, Scenario, places_in};
use serde::Deserialize;
use toml::Spanned;

use super::entry::{Argv, Entries, Entry, NeedsForm, address_mistake, addresses};
use super::{Peer, Target, Template};

/// The placeholders of every command, besides the literals of its scenario.
const PLACES: [&str; 5] = ["host", "port", "path", "address", "dir"];

/// Why a manifest can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file can't be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
    /// A program that it names is missing.
    #[error("{}: {what}", manifest.display())]
    NoProgram {
        /// The manifest.
        manifest: PathBuf,
        /// The program, and its use.
        what: String,
    },
    /// It has mistakes; the text shows the position of each.
    #[error("{0}")]
    Mistakes(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Manifest {
    name: Spanned<String>,
    #[serde(default)]
    language: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    stdout: bool,
    #[serde(default)]
    json: JsonBy,
    #[serde(default)]
    json_profile: JsonProfile,
    #[serde(default)]
    names_clauses: bool,
    #[serde(default)]
    fixed_address: Option<Spanned<String>>,
    #[serde(default)]
    warm: bool,
    #[serde(default)]
    setup: Option<Argv>,
    #[serde(default)]
    env: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    ready: Option<Spanned<String>>,
    #[serde(default)]
    parallel: bool,
    #[serde(default)]
    server: Entries,
    #[serde(default)]
    client: Entries,
}

impl Manifest {
    /// The contents: every entry with its position, and the common needs.
    fn parted(mut self) -> (Self, NeedsForm) {
        let placed = |entries: Entries| {
            entries.into_iter().map(|(name, entry)| (name, Entry::placed(entry))).collect()
        };
        let common =
            NeedsForm { setup: self.setup.take(), env: self.env, ready: self.ready.take() };
        let (server, client) = (placed(self.server), placed(self.client));
        (Self { server, client, env: BTreeMap::new(), ..self }, common)
    }
}

impl Peer {
    /// The peer of a manifest file. It plays scenarios of `catalogue`. Its name must not be in `taken`.
    ///
    /// # Errors
    ///
    /// See [`ManifestError`]; it reports all mistakes at once.
    pub fn from_manifest(
        path: &Path,
        catalogue: &Catalogue,
        taken: &[&str],
    ) -> Result<Self, ManifestError> {
        let failed = |error| ManifestError::Read { path: path.to_owned(), error };
        let text = std::fs::read(path).map_err(failed)?;
        let text = String::from_utf8(text)
            .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))?;
        let mistaken = |mistakes: &[Mistake]| {
            ManifestError::Mistakes(located::show(&text, &path.display().to_string(), mistakes))
        };
        let (manifest, of_form) = located::read_toml::<Manifest>(&text);
        let Some(manifest) = manifest else { return Err(mistaken(&of_form)) };
        let (manifest, common) = manifest.parted();
        let whole = std::path::absolute(path).map_err(failed)?;
        let base = whole.parent().map(Path::to_owned).unwrap_or_default();
        let mut mistakes = mistakes(&manifest, &common, catalogue, taken);
        if of_form.is_empty() {
            mistakes.extend(declares_nothing(&manifest, catalogue));
        }
        mistakes.extend(of_form);
        let targets = targets(&manifest, &base, &mut mistakes);
        let fixed_addresses =
            addresses(&manifest.server, &manifest.client, manifest.fixed_address.as_ref());
        if !mistakes.is_empty() {
            mistakes.sort_by_key(|mistake| mistake.place.start);
            return Err(mistaken(&mistakes));
        }
        let mut peer = Self {
            fixed_addresses,
            name: manifest.name.into_inner(),
            language: manifest.language,
            version: manifest.version,
            stdout: manifest.stdout,
            json: manifest.json,
            json_profile: manifest.json_profile,
            names_clauses: manifest.names_clauses,
            warm: manifest.warm,
            is_stranger: true,
            targets,
            base,
            manifest: Some(whole),
            manifest_sha256: Some(sha256(text.as_bytes())),
            ..Self::default()
        };
        let common = common.into_needs(&peer.base);
        for (role, entries) in [(Role::Server, manifest.server), (Role::Client, manifest.client)] {
            for (name, entry) in entries {
                peer.take(role, name.into_inner(), entry.into_inner(), &common);
            }
        }
        Ok(peer)
    }

    /// Adds the entry for a role of a scenario.
    fn take(&mut self, role: Role, scenario: String, entry: Entry, common: &Needs) {
        if entry.is_by_hand() {
            self.by_hand.insert(scenario);
        } else if let Some((template, needs)) = entry.into_program(role, common, &self.base) {
            if !needs.is_empty() {
                self.needs.insert((role, scenario.clone()), needs);
            }
            let templates = match role {
                Role::Server => &mut self.server,
                Role::Client => &mut self.client,
            };
            templates.insert(scenario, template);
        }
    }
}

impl Peer {
    /// Checks that every program of its commands can be found. The harness has its own interpreter for warm
    /// programs.
    ///
    /// # Errors
    ///
    /// [`ManifestError::NoProgram`].
    pub fn programs_are_there(&self) -> Result<(), ManifestError> {
        for (role, scenario, template) in self.declared() {
            if self.python_program(&template.0).is_some() {
                continue;
            }
            if let Some(what) = missing_program(template) {
                return Err(ManifestError::NoProgram {
                    manifest: self.manifest.clone().unwrap_or_default(),
                    what: format!("{} of {scenario}: {what}", role.name()),
                });
            }
        }
        for ((role, scenario), needs) in &self.needs {
            let setup = Template(needs.setup.clone());
            if self.python_program(&setup.0).is_none()
                && let Some(what) = missing_program(&setup)
            {
                return Err(ManifestError::NoProgram {
                    manifest: self.manifest.clone().unwrap_or_default(),
                    what: format!("setup of the {role} of {scenario}: {what}"),
                });
            }
        }
        Ok(())
    }
}

/// Why the program of a command can't be run, as far as this can be seen without running it.
#[must_use]
pub fn missing_program(template: &Template) -> Option<String> {
    let program = template.0.first()?;
    if !program.contains('/') {
        let is_found = which::which(program).is_ok();
        return (!is_found).then(|| {
            format!("there is no {program:?} on the PATH, and no such file beside the manifest")
        });
    }
    match std::fs::metadata(program) {
        Err(error) => Some(format!("{program}: {error}; is it built?")),
        Ok(about) if !about.is_file() => Some(format!("{program} is not a file")),
        Ok(about) if about.permissions().mode() & 0o111 == 0 => {
            Some(format!("{program} is not executable; chmod +x?"))
        }
        Ok(_) => None,
    }
}

/// The servers that run already, by scenario.
fn targets(
    manifest: &Manifest,
    base: &Path,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<String, Target> {
    let mut targets = BTreeMap::new();
    for (name, entry) in &manifest.server {
        match entry.get_ref().target(base, manifest.parallel) {
            Some(Ok(target)) => {
                targets.insert(name.get_ref().clone(), target);
            }
            Some(Err(mistake)) => mistakes.push(mistake),
            None => {}
        }
    }
    targets
}

/// The mistake of a manifest without any role.
fn declares_nothing(manifest: &Manifest, catalogue: &Catalogue) -> Option<Mistake> {
    let example = catalogue.names().next().unwrap_or("scenario");
    let help = format!("[server] or [client] needs a line such as {example} = [\"./acme\", …]");
    let mistake = || Mistake::new("this peer declares nothing", manifest.name.span());
    (manifest.server.is_empty() && manifest.client.is_empty()).then(|| mistake().with_help(help))
}

/// All mistakes in a well-formed manifest.
fn mistakes(
    manifest: &Manifest,
    common: &NeedsForm,
    catalogue: &Catalogue,
    taken: &[&str],
) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    common.mistakes(&mut mistakes);
    let name = manifest.name.get_ref();
    let says = |what: String| Mistake { what, place: manifest.name.span(), help: None };
    if taken.iter().chain(&[HARNESS, HAND]).any(|taken| taken == name) {
        mistakes.push(says(format!("the name {name:?} is taken")));
    } else if !is_name(name) {
        let what = format!("{name:?} can't be a name in a pairing");
        let help = "letters, digits, '.', '_' and '-', beginning with a letter or digit".to_owned();
        mistakes.push(Mistake { help: Some(help), ..says(what) });
    }
    let of_all = manifest.fixed_address.as_ref();
    mistakes.extend(of_all.and_then(address_mistake));
    for (role, entries) in [(Role::Server, &manifest.server), (Role::Client, &manifest.client)] {
        for (name, entry) in entries {
            entry.get_ref().address_mistakes(of_all, &mut mistakes);
            let has_address = entry.get_ref().has_address(of_all);
            match catalogue.scenario(name.get_ref()) {
                Some(scenario) => {
                    let declared = (name, entry, has_address);
                    entry_mistakes(&**scenario, role, declared, common, &mut mistakes);
                }
                None => mistakes.push(unknown_scenario(name, catalogue)),
            }
        }
    }
    // An entry at the top may be wrong for every role.
    let mut told = Vec::new();
    for mistake in mistakes {
        if !told.contains(&mistake) {
            told.push(mistake);
        }
    }
    told
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
            .is_empty()
}

fn unknown_scenario(name: &Spanned<String>, catalogue: &Catalogue) -> Mistake {
    let names: Vec<&str> = catalogue.names().collect();
    Mistake {
        what: format!("no scenario is called {:?}", name.get_ref()),
        place: name.span(),
        help: Some(format!(
            "{}; a protocol of your own needs its file on the command line",
            meant(name.get_ref(), &names)
        )),
    }
}

fn entry_mistakes(
    scenario: &dyn Scenario,
    role: Role,
    (name, entry, has_address): (&Spanned<String>, &Spanned<Entry>, bool),
    common: &NeedsForm,
    mistakes: &mut Vec<Mistake>,
) {
    let is_alone = scenario.transports() == Transport::ALONE;
    if is_alone && role == Role::Client {
        mistakes.push(Mistake {
            what: format!("{} is one program, and has no client", scenario.name()),
            place: name.span(),
            help: Some("declare it under [server]".to_owned()),
        });
        return;
    }
    entry.get_ref().mistakes(role, entry.span(), mistakes);
    let known = places(scenario, role);
    entry.get_ref().needs_mistakes(&known, mistakes);
    match &entry.get_ref().command {
        Some(command) => {
            common.unknown_places(&known, mistakes);
            command_mistakes(scenario, role, (command, has_address), mistakes);
        }
        None if is_alone => {
            let what = format!("{} is one program, which talks to no other", scenario.name());
            let mistake = Mistake::new(what, entry.span());
            mistakes.push(mistake.with_help("give a command that framecheck can start"));
        }
        None => {}
    }
}

fn command_mistakes(
    scenario: &dyn Scenario,
    role: Role,
    (command, has_address): (&Argv, bool),
    mistakes: &mut Vec<Mistake>,
) {
    let is_alone = scenario.transports() == Transport::ALONE;
    let argv = command.get_ref();
    if argv.first().is_none_or(|program| program.get_ref().is_empty()) {
        mistakes.push(Mistake {
            what: "a command begins with its program".to_owned(),
            place: argv.first().map_or_else(|| command.span(), Spanned::span),
            help: Some("e.g. [\"./acme\", \"serve\", \"{host}\", \"{port}\"]".to_owned()),
        });
        return;
    }
    let known = places(scenario, role);
    for argument in argv {
        for place in places_in(argument.get_ref()) {
            if !known.iter().any(|known| known == place) {
                mistakes.push(Mistake {
                    what: format!("{{{place}}} stands for nothing here"),
                    place: argument.span(),
                    help: Some(meant(place, &known)),
                });
            }
        }
        if argument.get_ref().contains('\0') {
            mistakes.push(Mistake {
                what: "no program can be given a NUL".to_owned(),
                place: argument.span(),
                help: None,
            });
        }
    }
    for place in scenario.required_places(role) {
        let takes =
            |argument: &Spanned<String>| places_in(argument.get_ref()).any(|it| it == place);
        if !argv.iter().any(takes) {
            let what = format!("this {role} has no place for {{{place}}}");
            let help = format!("the reference's {role} takes it: put {{{place}}} where yours does");
            mistakes.push(Mistake::new(what, command.span()).with_help(help));
        }
    }
    let mentions = |place: &str| {
        argv.iter().any(|argument| places_in(argument.get_ref()).any(|it| it == place))
    };
    if has_address {
        return;
    }
    let inet = mentions("host") || mentions("port");
    if !is_alone && !inet && !mentions("path") && !mentions("address") {
        let what = match role {
            Role::Server => "nothing tells this server where to listen",
            Role::Client => "nothing tells this client where to connect",
        };
        mistakes.push(Mistake {
            what: what.to_owned(),
            place: command.span(),
            help: Some(
                "give it {port}, and {host} if it takes one; or {path}, a Unix socket; or say which \
                 fixed-address its source has"
                    .to_owned(),
            ),
        });
    }
    if inet && mentions("path") {
        mistakes.push(Mistake {
            what: "{path} is a Unix socket, {host} and {port} an internet address".to_owned(),
            place: command.span(),
            help: Some("give it one of the two; or {address}, which may be either".to_owned()),
        });
    }
}

/// The valid placeholders in a command for a role of a scenario.
fn places(scenario: &dyn Scenario, role: Role) -> Vec<String> {
    PLACES.iter().map(|place| (*place).to_owned()).chain(own_places(scenario, role)).collect()
}

/// The placeholders of this scenario: the file that is served, and each literal that a case may change.
#[must_use]
pub fn own_places(scenario: &dyn Scenario, role: Role) -> Vec<String> {
    if role == Role::Client && scenario.transports() == Transport::ALONE {
        return Vec::new();
    }
    let vectors = scenario.vectors();
    let literals = vectors.iter().flat_map(|vector| scenario.literals(role, &vector.input));
    let mut places: Vec<String> = literals.map(|literal| literal.name).collect();
    places.extend(scenario.required_places(role));
    if role == Role::Server && vectors.iter().any(|vector| vector.input.file.is_some()) {
        places.push("file".to_owned());
    }
    let mut seen = HashSet::new();
    places.retain(|place| seen.insert(place.clone()));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toys::catalogue;

    /// The peer of a manifest, and its directory, which contains a program `peer.py`.
    fn peer(keys: &str, command: &str) -> (Peer, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("peer.py"), "").unwrap();
        let manifest = directory.path().join("acme.toml");
        std::fs::write(
            &manifest,
            format!("name = \"acme\"\n{keys}\n[server]\nrepeat = {command}\n"),
        )
        .unwrap();
        let peer = Peer::from_manifest(&manifest, &catalogue(), &[]).unwrap();
        (peer, directory)
    }

    #[test]
    fn python_commands_of_a_warm_peer_are_warm_and_no_others() {
        for (keys, command, is_warm) in [
            ("warm = true", r#"["python3", "peer.py", "{port}"]"#, true),
            ("warm = true", r#"["python3", "-u", "./peer.py", "{port}"]"#, true),
            ("warm = true", r#"["python3", "-O", "peer.py", "{port}"]"#, false),
            ("warm = true", r#"["python3", "other.py", "{port}"]"#, false),
            ("warm = true", r#"["/usr/bin/python3", "peer.py", "{port}"]"#, false),
            ("warm = true", r#"["python3", "-u", "{port}"]"#, false),
            ("warm = false", r#"["python3", "peer.py", "{port}"]"#, false),
            ("", r#"["python3", "peer.py", "{port}"]"#, false),
        ] {
            let (peer, _directory) = peer(keys, command);
            let (_, _, template) = peer.declared().next().unwrap();
            let program = peer.python_program(&template.0);
            assert_eq!(program.is_some(), is_warm, "{keys} {command}");
            if let Some((path, arguments)) = program {
                assert!(Path::new(&path).is_absolute() && path.ends_with("peer.py"), "{path}");
                assert_eq!(arguments, ["{port}"]);
            }
            assert!(peer.is_stranger);
        }
    }
}
