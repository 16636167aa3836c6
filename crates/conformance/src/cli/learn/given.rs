//! The typed input and the files, from the command line.
//!
//! Each `--typed` begins an input. Files after it belong to that input. Files before the first one belong to
//! all inputs.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use learn::string;

use super::super::Usage;
use super::{kebab, relative};

/// A longer file, or one that is not text, is named by its path.
const INLINE_MAX_BYTES: u64 = 200;

/// How many files a directory may contain.
const FILES_MAX: usize = 1000;

/// The options for inputs, in the order of the command line.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Inputs(Vec<(Kind, String)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Typed,
    TypedAtServer,
    ClientFile,
    ServerFile,
}

/// An input, as it is written into the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub(super) name: String,
    pub(super) typed: Vec<String>,
    pub(super) typed_at_server: Vec<String>,
    pub(super) client_files: BTreeMap<String, Content>,
    pub(super) server_files: BTreeMap<String, Content>,
    pub(super) terminal: bool,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    /// The path, relative to the protocol file's directory.
    Path(PathBuf),
}

const OPTIONS: [(Kind, &str, &str, &str); 4] = [
    (
        Kind::Typed,
        "typed",
        "FILE",
        "What a user types into the client, one line per line; - for standard input. Each --typed begins a new \
         input",
    ),
    (Kind::TypedAtServer, "typed-at-server", "FILE", "The text to type into the server"),
    (
        Kind::ClientFile,
        "client-file",
        "[NAME=]PATH",
        "A file in the client's directory, or a directory of files. After a --typed it belongs to that input, \
         before the first --typed to all inputs",
    ),
    (Kind::ServerFile, "server-file", "[NAME=]PATH", "The same for the server's directory"),
];

impl Args for Inputs {
    fn augment_args(command: Command) -> Command {
        OPTIONS.into_iter().fold(command, |command, (_, name, value, help)| {
            let arg = Arg::new(name).long(name).value_name(value).help(help);
            command.arg(arg.action(ArgAction::Append))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Inputs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut all: Vec<(usize, Kind, String)> = Vec::new();
        for (kind, name, _, _) in OPTIONS {
            let indices = matches.indices_of(name).into_iter().flatten();
            let values = matches.get_many::<String>(name).into_iter().flatten();
            all.extend(indices.zip(values).map(|(at, value)| (at, kind, value.clone())));
        }
        all.sort();
        Ok(Self(all.into_iter().map(|(_, kind, value)| (kind, value)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Inputs {
    /// The inputs. `directory` is the protocol file's directory.
    pub(super) fn read(&self, directory: &Path, terminal: bool) -> anyhow::Result<Vec<Given>> {
        let mut common = Given { terminal, ..Given::default() };
        let mut inputs: Vec<Given> = Vec::new();
        for (kind, value) in &self.0 {
            if *kind == Kind::Typed {
                let name = input_name(value, &inputs);
                inputs.push(Given { name, typed: lines(value)?, ..common.clone() });
                continue;
            }
            let input = inputs.last_mut().unwrap_or(&mut common);
            match kind {
                Kind::Typed => {}
                Kind::TypedAtServer => input.typed_at_server = lines(value)?,
                Kind::ClientFile => add_files(&mut input.client_files, value, directory)?,
                Kind::ServerFile => add_files(&mut input.server_files, value, directory)?,
            }
        }
        if inputs.is_empty() {
            inputs.push(Given { name: "nothing-typed".to_owned(), ..common });
        }
        Ok(inputs)
    }
}

fn input_name(path: &str, before: &[Given]) -> String {
    let stem = Path::new(path).file_stem().map(|it| it.to_string_lossy().into_owned());
    let name = Some(kebab(&stem.unwrap_or_default())).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| "typed".to_owned());
    let is_free = |name: &String| before.iter().all(|input| input.name != *name);
    let numbered = (2..).map(|nth| format!("{name}-{nth}"));
    std::iter::once(name.clone()).chain(numbered).find(is_free).unwrap_or(name)
}

fn lines(path: &str) -> anyhow::Result<Vec<String>> {
    let failed = |error: std::io::Error| Usage(format!("cannot read {path}: {error}"));
    let text = if path == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(failed)?;
        text
    } else {
        std::fs::read_to_string(path).map_err(failed)?
    };
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    // A final newline ends the last line; it does not begin another.
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    Ok(lines)
}

fn add_files(
    files: &mut BTreeMap<String, Content>,
    value: &str,
    directory: &Path,
) -> anyhow::Result<()> {
    let (name, path) = match value.split_once('=') {
        Some((name, path)) if !Path::new(value).exists() => (Some(name), Path::new(path)),
        _ => (None, Path::new(value)),
    };
    let failed = |error: std::io::Error| Usage(format!("cannot read {}: {error}", path.display()));
    let whole = path.canonicalize().map_err(failed)?;
    if !whole.is_dir() {
        let own = || whole.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.map(str::to_owned).or_else(own).unwrap_or_default();
        files.insert(name, content(&whole, directory).map_err(failed)?);
        return Ok(());
    }
    let mut waiting = vec![whole.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            if entry.is_dir() {
                waiting.push(entry);
                continue;
            }
            if files.len() >= FILES_MAX {
                let what = format!("{} holds more than {FILES_MAX} files", path.display());
                anyhow::bail!(Usage(what));
            }
            let inside = entry.strip_prefix(&whole).unwrap_or(&entry).to_string_lossy();
            let name = name.map_or_else(|| inside.to_string(), |name| format!("{name}/{inside}"));
            files.insert(name, content(&entry, directory).map_err(failed)?);
        }
    }
    Ok(())
}

fn content(path: &Path, directory: &Path) -> std::io::Result<Content> {
    let is_small = std::fs::metadata(path)?.len() <= INLINE_MAX_BYTES;
    let text = if is_small { String::from_utf8(std::fs::read(path)?).ok() } else { None };
    let is_plain =
        |text: &String| text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    Ok(match text.filter(is_plain) {
        Some(text) => Content::Text(text),
        None => Content::Path(relative(path, directory)),
    })
}

impl Given {
    /// A plain file whose name is typed: its name, and whether it is on the client's side.
    pub(super) fn typed_file(&self) -> Option<(&str, bool)> {
        let is_word = |name: &&String| {
            let is_in =
                |line: &String| line.as_str() == **name || line.split(' ').any(|it| it == **name);
            self.typed.iter().any(is_in)
        };
        let client = self.client_files.keys().find(is_word).map(|name| (name.as_str(), true));
        client.or_else(|| self.server_files.keys().find(is_word).map(|it| (it.as_str(), false)))
    }

    /// The `[[input]]` entry. If `varied` names a file, variables replace its name and content.
    pub(super) fn text(&self, name: &str, varied: Option<&str>) -> String {
        let mut text = format!("[[input]]\nname = {}\n", string(name));
        let line = |line: &String| {
            let words = line
                .split(' ')
                .map(|word| if Some(word) == varied { "{name}".to_owned() } else { escaped(word) });
            if Some(line.as_str()) == varied {
                string("{name}")
            } else {
                string(&words.collect::<Vec<_>>().join(" "))
            }
        };
        let list = |lines: &[String]| lines.iter().map(line).collect::<Vec<_>>().join(", ");
        text.push_str(&format!("typed = [{}]\n", list(&self.typed)));
        if !self.typed_at_server.is_empty() {
            text.push_str(&format!("typed-at-server = [{}]\n", list(&self.typed_at_server)));
        }
        let sides = [("client-files", &self.client_files), ("server-files", &self.server_files)];
        for (key, files) in sides.into_iter().filter(|(_, files)| !files.is_empty()) {
            let entry = |(name, content): (&String, &Content)| {
                if Some(name.as_str()) == varied {
                    return "\"{name}\" = \"{body}\"".to_owned();
                }
                let content = match content {
                    Content::Text(text) => string(&escaped(text)),
                    Content::Path(path) => {
                        format!("{{ path = {} }}", string(&path.to_string_lossy()))
                    }
                };
                format!("{} = {content}", string(&escaped(name)))
            };
            let entries: Vec<String> = files.iter().map(entry).collect();
            text.push_str(&format!("{key} = {{ {} }}\n", entries.join(", ")));
        }
        if self.terminal {
            text.push_str("terminal = true\n");
        }
        text
    }
}

/// A text with its braces escaped.
fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
