//! Reads a protocol's file, and finds every mistake in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use located::{Mistake, meant};
use model::Check;
use model::case::Transport;
use model::{Clause, Level, places_in};
use toml::Spanned;
use toml::de::DeTable;

use crate::frames_form;
use crate::framing::Framing;
use crate::protocol::{KnownFailure, Protocol};
use crate::reader::{Mistakes, Section};
use crate::reference_form::{self, Command};
use crate::text::{PLACES, words_in};
use crate::vary::{BYTES_MAX, TEXT_MAX_CHARS, Variable};
use crate::{compare_form, hostile, inputs, mask_form, quick, text};

/// A protocol's file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// It can't be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// It has mistakes; the text shows the place of each.
    #[error("{0}")]
    Mistakes(String),
}

impl Protocol {
    /// The protocol that a file describes. Its name must not be among `taken`.
    ///
    /// # Errors
    /// See [`ProtocolError`], which contains all mistakes.
    pub fn read(path: &Path, taken: &[&str]) -> Result<Self, ProtocolError> {
        let failed = |error| ProtocolError::Read { path: path.to_owned(), error };
        let text = std::fs::read(path).map_err(failed)?;
        let text = String::from_utf8(text)
            .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))?;
        Self::of_text(&text, path, taken)
    }

    /// The protocol that a text describes, as if the text were a file at `path`; that file need not
    /// exist.
    ///
    /// # Errors
    /// See [`ProtocolError`].
    pub fn of_text(text: &str, path: &Path, taken: &[&str]) -> Result<Self, ProtocolError> {
        let failed = |error| ProtocolError::Read { path: path.to_owned(), error };
        let path_there = std::path::absolute(path).map_err(failed)?;
        let shown = path.display().to_string();
        let (mut protocol, warnings) = parse(text, &path_there, taken)
            .map_err(|mistakes| ProtocolError::Mistakes(located::show(text, &shown, &mistakes)))?;
        if !warnings.is_empty() {
            protocol.warnings = Some(located::show_warnings(text, &shown, &warnings));
        }
        Ok(protocol)
    }
}

/// The protocol of a text at `path`, and its warnings.
fn parse(
    source: &str,
    path: &Path,
    taken: &[&str],
) -> Result<(Protocol, Vec<Mistake>), Vec<Mistake>> {
    let (document, errors) = DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        return Err(errors.iter().map(Mistake::of_toml).collect());
    }
    let mistakes = Mistakes::default();
    let root = Section::new("", document.get_ref(), 0..0, &mistakes);
    let base = path.parent().unwrap_or(Path::new(""));
    let protocol = read(&root, base, path, source, taken);
    root.finish();
    let (mistakes, warnings) = mistakes.into_parts();
    if mistakes.is_empty() { Ok((protocol, warnings)) } else { Err(mistakes) }
}

fn read(root: &Section<'_>, base: &Path, path: &Path, source: &str, taken: &[&str]) -> Protocol {
    let name = name(root, taken);
    let summary = root.text("summary").map(Spanned::into_inner).unwrap_or_default();
    let (reference, commands) = reference_form::read(root, base);
    let transports = transports(root, reference.usual_transport());
    let variables = variables(root);
    let frames = frames_form::read(root);
    let (masks, mask_texts) = mask_form::read_all(root, source, frames.as_ref());
    let compare = compare_form::read(root, frames.as_ref());
    let is_datagram = transports.first().is_some_and(|it| it.is_datagram());
    let hostile = hostile::read(root, frames.as_ref().map(|form| &form.layout));
    let framing =
        frames.map(|form| Framing::new(form, masks.parts(), compare.by_value, is_datagram));
    let mut fixtures = BTreeMap::new();
    let words = words_in(&[reference.server.clone(), reference.client.clone()].concat());
    let inputs = inputs::read(root, base, &variables, &words, &mut fixtures);
    unfilled(root, &commands, &variables, &inputs);
    let quick = quick::read(root, &inputs.iter().map(|form| &*form.name).collect::<Vec<_>>());
    let clauses = clauses(root);
    let expected = expected(root);
    Protocol {
        name,
        summary,
        transports,
        reference,
        inputs,
        variables,
        compare,
        masks,
        mask_texts,
        framing: framing.unwrap_or_default(),
        clauses,
        expected,
        quick,
        path: path.to_owned(),
        text: source.to_owned(),
        fixtures,
        warnings: None,
        hostile,
        sizes: OnceLock::new(),
        exchange: OnceLock::new(),
    }
}

fn name(root: &Section<'_>, taken: &[&str]) -> String {
    let Some(name) = root.get("name").and_then(|_| root.text("name")) else {
        if root.get("name").is_none() {
            let help = "it becomes a scenario's name, e.g. name = \"upload\"";
            root.note(Mistake::new("a protocol file needs a \"name\"", 0..0).with_help(help));
        }
        return String::new();
    };
    if !text::is_kebab(name.get_ref()) {
        let what = format!("{:?} can't be a scenario's name", name.get_ref());
        let help = "lower-case letters and digits, in words joined by '-'";
        root.note(Mistake::new(what, name.span()).with_help(help));
    } else if taken.contains(&name.get_ref().as_str()) {
        root.note(Mistake::new(format!("the name {:?} is taken", name.get_ref()), name.span()));
    }
    name.into_inner()
}

fn transports(root: &Section<'_>, usual: Transport) -> Vec<Transport> {
    let Some(names) = root.texts("transports") else { return vec![usual] };
    let known: Vec<&str> = [Transport::STREAMS, Transport::DATAGRAMS]
        .concat()
        .into_iter()
        .map(Transport::name)
        .collect();
    let mut transports: Vec<Transport> = Vec::new();
    for name in names.get_ref() {
        match name.get_ref().parse() {
            Ok(transport) if known.contains(&name.get_ref().as_str()) => transports.push(transport),
            _ => {
                let what = format!("no transport is called {:?}", name.get_ref());
                let help = meant(name.get_ref(), &known);
                root.note(Mistake::new(what, name.span()).with_help(help));
            }
        }
    }
    let datagrams = transports.iter().filter(|transport| transport.is_datagram()).count();
    if names.get_ref().is_empty() {
        root.note(Mistake::new("a protocol needs a transport", names.span()));
    } else if datagrams > 0 && datagrams < transports.len() {
        let what = "a protocol is one of streams or one of datagrams, not both";
        root.note(Mistake::new(what, names.span()));
    }
    if transports.is_empty() { vec![Transport::Tcp4] } else { transports }
}

fn variables(root: &Section<'_>) -> BTreeMap<String, Variable> {
    let mut variables = BTreeMap::new();
    let Some(section) = root.section("vary") else { return variables };
    for (name, value) in section.entries() {
        let text = name.get_ref();
        if PLACES.contains(&text.as_str()) {
            let what = format!("{{{text}}} already has a meaning in commands");
            section.note(Mistake::new(what, name.span()).with_help("choose another name"));
        } else if !text::is_name(text) {
            let help = "lower-case letters, digits, '-' and '_', beginning with a letter";
            let what = format!("{text:?} can't be the name of a variable");
            section.note(Mistake::new(what, name.span()).with_help(help));
        }
        if let Some(inner) = section.section_of(format!("the variable {text:?}"), value)
            && let Some(variable) = variable(inner)
        {
            variables.insert(name.into_inner(), variable);
        }
    }
    variables
}

fn variable(section: Section<'_>) -> Option<Variable> {
    #[derive(Clone, Copy)]
    enum Kind {
        FileName,
        Bytes,
        Text,
        Ascii,
        Integer,
        OneOf,
    }
    let known = [
        ("file-name", Kind::FileName),
        ("bytes", Kind::Bytes),
        ("text", Kind::Text),
        ("ascii", Kind::Ascii),
        ("integer", Kind::Integer),
        ("one-of", Kind::OneOf),
    ];
    section.required("kind");
    let kind = section.word("kind", &known)?;
    let max = |usual: usize| match section.integer("max") {
        None => usual,
        Some(max) => usize::try_from(*max.get_ref()).unwrap_or_else(|_| {
            section.note(Mistake::new("a length is not negative", max.span()));
            usual
        }),
    };
    let variable = match kind {
        Kind::FileName => Variable::FileName,
        Kind::Bytes => Variable::Bytes { max: max(BYTES_MAX) },
        Kind::Text => Variable::Text { max: max(TEXT_MAX_CHARS) },
        Kind::Ascii => Variable::Ascii { max: max(TEXT_MAX_CHARS) },
        Kind::Integer => integer(&section)?,
        Kind::OneOf => {
            let values = section.texts("values");
            let is_empty = values.as_ref().is_none_or(|values| values.get_ref().is_empty());
            if is_empty {
                section.lacks("values");
                return None;
            }
            let values = values.map(Spanned::into_inner).unwrap_or_default();
            Variable::OneOf(values.into_iter().map(Spanned::into_inner).collect())
        }
    };
    section.finish();
    Some(variable)
}

fn integer(section: &Section<'_>) -> Option<Variable> {
    let bound = |key| {
        let bound = section.integer(key);
        if section.get(key).is_none() {
            section.lacks(key);
        }
        bound
    };
    let (min, max) = (bound("min")?, bound("max")?);
    let (lower, upper) = (*min.get_ref(), *max.get_ref());
    if lower > upper {
        section.note(Mistake::new(format!("{upper} is less than the min, {lower}"), max.span()));
        return None;
    }
    Some(Variable::Integer { min: lower, max: upper })
}

/// Variables without a value are mistakes. Unused variables are warnings.
fn unfilled(
    root: &Section<'_>,
    commands: &[Command],
    variables: &BTreeMap<String, Variable>,
    inputs: &[crate::protocol::InputForm],
) {
    let known: Vec<&str> = PLACES.into_iter().chain(variables.keys().map(String::as_str)).collect();
    let mut used: BTreeSet<String> = inputs.iter().flat_map(|form| form.used.clone()).collect();
    for argument in commands.iter().flat_map(|command| command.get_ref()) {
        for place in places_in(argument.get_ref()) {
            used.insert(place.to_owned());
            if !known.contains(&place) {
                let what = format!("nothing fills {{{place}}}");
                root.note(Mistake::new(what, argument.span()).with_help(meant(place, &known)));
            } else if variables.get(place).is_some_and(Variable::is_binary) {
                let what = format!("{{{place}}} is bytes, which no argument of a program can be");
                let help = "use kind = \"text\" or \"ascii\"";
                root.note(Mistake::new(what, argument.span()).with_help(help));
            }
        }
    }
    let Some(section) = root.get("vary").and_then(|value| value.get_ref().as_table()) else {
        return;
    };
    for key in section.keys().filter(|key| !used.contains(key.get_ref().as_ref())) {
        let what = format!("no input and no command uses the variable {:?}", key.get_ref());
        let help = format!("write {{{}}} in one, or remove it", key.get_ref());
        root.warn(Mistake::new(what, key.span()).with_help(help));
    }
}

fn clauses(root: &Section<'_>) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    let known: Vec<(&str, Check)> = Check::ALL.map(|check| (check.name(), check)).to_vec();
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    for section in root.sections("clause") {
        let (id, text) = (section.required("id"), section.required("text"));
        let checks = section.texts("checks").unwrap_or_else(|| {
            section.lacks("checks");
            Spanned::new(section.place(), Vec::new())
        });
        let mut of_clause = Vec::new();
        for name in checks.get_ref() {
            match known.iter().find(|(known, _)| known == name.get_ref()) {
                Some((_, check)) => of_clause.push(*check),
                None => {
                    let what = format!("no check is called {:?}", name.get_ref());
                    let help = meant(name.get_ref(), &names);
                    section.note(Mistake::new(what, name.span()).with_help(help));
                }
            }
        }
        if let Some(id) = &id
            && clauses.iter().any(|clause| clause.id == *id.get_ref())
        {
            section.note(Mistake::new(format!("{:?} is there twice", id.get_ref()), id.span()));
        }
        if let (Some(id), Some(text)) = (id, text) {
            clauses.push(Clause {
                id: id.into_inner().into(),
                level: Level::Must,
                text: text.into_inner().into(),
                checks: of_clause.into(),
            });
        }
        section.finish();
    }
    clauses
}

fn expected(root: &Section<'_>) -> Vec<KnownFailure> {
    let mut all = Vec::new();
    for section in root.sections("expected") {
        let filled = |key: &str, what: &str| {
            let text = section.required(key)?;
            if text.get_ref().trim().is_empty() {
                section.note(Mistake::new(what, text.span()));
            }
            Some(text)
        };
        let id = filled("id", "say which cases fail: a pattern of ids");
        let reason = filled("reason", "say why this failure is expected");
        let symptom =
            filled("symptom", "say how it fails: the check or clause, or more of the line");
        if let Some(id) = &id
            && let Err(error) = globset::Glob::new(id.get_ref())
        {
            let what = format!("this is not a pattern of case ids: {}", error.kind());
            section.note(Mistake::new(what, id.span()));
        }
        if let (Some(id), Some(reason), Some(symptom)) = (id, reason, symptom) {
            let (id, reason) = (id.into_inner(), reason.into_inner());
            all.push(KnownFailure { id, reason, symptom: symptom.into_inner() });
        }
        section.finish();
    }
    all
}

/// Whether a text is a protocol's file and not a manifest.
#[must_use]
pub fn is_protocol(text: &str) -> bool {
    let (document, _) = DeTable::parse_recoverable(text);
    document.get_ref().keys().any(|key| key.get_ref() == "reference")
}
