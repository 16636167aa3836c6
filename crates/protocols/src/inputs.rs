//! Reads the `[[input]]`s of a protocol's file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use located::{Mistake, meant};
use toml::Spanned;
use toml::de::DeValue;

use crate::hex::{hex, hex_of};
use crate::networks::Networks;
use crate::protocol::{Content, InputForm, file_name_mistake};
use crate::reader::Section;
use crate::text::{Text, Value, Values, is_kebab};
use crate::vary::Variable;

/// The largest file of an input.
const FILE_MAX_BYTES: i64 = 64 << 20;

/// What the texts of an input may name, and what is read for it.
struct Reading<'a> {
    base: &'a Path,
    variables: &'a BTreeMap<String, Variable>,
    fixtures: &'a mut BTreeMap<PathBuf, Vec<u8>>,
    used: BTreeSet<String>,
}

/// All of them. `words` are the variables of the reference's commands.
pub(crate) fn read(
    root: &Section<'_>,
    base: &Path,
    variables: &BTreeMap<String, Variable>,
    words: &[String],
    fixtures: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> Vec<InputForm> {
    let mut forms: Vec<InputForm> = Vec::new();
    let mut names = BTreeSet::new();
    let sections = root.sections("input");
    if sections.is_empty() && root.get("input").is_none() {
        let help = "an [[input]] says what a user types and which files there are";
        root.note(Mistake::new("a protocol file needs an \"input\"", 0..0).with_help(help));
    }
    for section in sections {
        let used = words.iter().cloned().collect();
        let reading = Reading { base, variables, fixtures, used };
        let (place, form) = input(section, reading, words, root);
        if !names.insert(form.name.clone()) && !form.name.is_empty() {
            root.note(Mistake::new(format!("two inputs are called {:?}", form.name), place));
        }
        forms.push(form);
    }
    forms
}

fn input(
    section: Section<'_>,
    mut reading: Reading<'_>,
    words: &[String],
    root: &Section<'_>,
) -> (std::ops::Range<usize>, InputForm) {
    let name = section.required("name");
    let place = name.as_ref().map_or_else(|| section.place(), Spanned::span);
    if let Some(name) = &name
        && !is_kebab(name.get_ref())
    {
        let what = format!("{:?} can't be an input's name", name.get_ref());
        let help = "lower-case letters and digits, in words joined by '-'";
        section.note(Mistake::new(what, name.span()).with_help(help));
    }
    let networks =
        [("none", Networks::None), ("some", Networks::Some), ("every-place", Networks::EveryPlace)];
    let with = values(&section, reading.variables);
    let typed = reading.lines(&section, "typed");
    let typed_at_server = reading.lines(&section, "typed-at-server");
    let client_files = reading.files(&section, "client-files");
    let server_files = reading.files(&section, "server-files");
    let terminal = section.flag("terminal");
    let prompts = prompts(&section, terminal);
    let used = reading.used;
    let form = InputForm {
        name: name.map(Spanned::into_inner).unwrap_or_default(),
        typed,
        typed_at_server,
        client_files,
        server_files,
        terminal,
        prompts,
        networks: section.word("networks", &networks).unwrap_or_default(),
        open: used.iter().filter(|name| !with.contains_key(*name)).cloned().collect(),
        with,
        words: words.to_vec(),
        used,
    };
    section.finish();
    if form.open.is_empty()
        && let Err(what) = form.input(&form.with)
    {
        root.note(Mistake::new(what, place.clone()));
    }
    (place, form)
}

fn prompts(section: &Section<'_>, terminal: bool) -> BTreeMap<String, String> {
    let Some(inner) = section.section("prompt") else { return BTreeMap::new() };
    if !terminal {
        let what = "only a user at a terminal can wait for a prompt";
        section.warn(Mistake::new(what, inner.place()).with_help("add terminal = true"));
    }
    let of = |role: &str| {
        let text = inner.text(role)?;
        if text.get_ref().is_empty() {
            inner.note(Mistake::new("a prompt is not empty", text.span()));
        }
        Some((role.to_owned(), text.into_inner()))
    };
    let prompts = [of("server"), of("client")].into_iter().flatten().collect();
    inner.finish();
    prompts
}

/// The values that an input itself gives to variables.
fn values(section: &Section<'_>, variables: &BTreeMap<String, Variable>) -> Values {
    let mut values = Values::new();
    let Some(inner) = section.section("with") else { return values };
    let known: Vec<&String> = variables.keys().collect();
    for (name, value) in inner.entries() {
        if !variables.contains_key(name.get_ref()) {
            let what = format!("no variable is called {:?}", name.get_ref());
            let help = meant(name.get_ref(), &known);
            inner.note(Mistake::new(what, name.span()).with_help(help));
        }
        let value = match value.get_ref() {
            DeValue::String(text) => Some(Value::Text(text.to_string())),
            DeValue::Integer(_) => {
                inner.integer(name.get_ref()).map(|it| Value::Number(it.into_inner()))
            }
            DeValue::Table(_) => hex(&inner, name.get_ref()).map(Value::Bytes),
            _ => {
                let what = "expected a string, a whole number or { hex = \"…\" }";
                inner.note(Mistake::new(what, value.span()));
                None
            }
        };
        if let Some(value) = value {
            values.insert(name.into_inner(), value);
        }
    }
    values
}

impl Reading<'_> {
    /// A text and the variables in it.
    fn text(&mut self, section: &Section<'_>, text: &Spanned<String>) -> Text {
        let read = match Text::parse(text.get_ref()) {
            Ok(read) => read,
            Err(what) => {
                section.note(Mistake::new(what, text.span()));
                return Text::default();
            }
        };
        let known: Vec<&String> = self.variables.keys().collect();
        for name in read.variables() {
            self.used.insert(name.to_owned());
            if !self.variables.contains_key(name) {
                let what = format!("nothing fills {{{name}}}");
                let help = if known.is_empty() {
                    format!("[vary] {name} = {{ kind = \"text\" }} would; '{{{{' is a brace")
                } else {
                    meant(name, &known)
                };
                section.note(Mistake::new(what, text.span()).with_help(help));
            }
        }
        read
    }

    fn lines(&mut self, section: &Section<'_>, key: &str) -> Vec<Text> {
        let Some(lines) = section.texts(key) else { return Vec::new() };
        let mut read = Vec::new();
        for line in lines.get_ref() {
            if line.get_ref().contains(['\n', '\r']) {
                let what = "what is typed is one line each";
                section.note(Mistake::new(what, line.span()).with_help("write two lines as two"));
            }
            let text = self.text(section, line);
            let is_binary = |name: &str| self.variables.get(name).is_some_and(Variable::is_binary);
            if let Some(name) = text.variables().find(|name| is_binary(name)) {
                let what = format!("{{{name}}} is bytes, which can't be typed");
                let help = "use kind = \"text\" or \"ascii\"";
                section.note(Mistake::new(what, line.span()).with_help(help));
            }
            read.push(text);
        }
        read
    }

    fn files(&mut self, section: &Section<'_>, key: &str) -> Vec<(Text, Content)> {
        let Some(inner) = section.section(key) else { return Vec::new() };
        let mut files = Vec::new();
        for (name, value) in inner.entries() {
            let path = self.text(&inner, &name);
            let is_plain = path.variables().next().is_none();
            let filled = String::from_utf8_lossy(&path.fill(&Values::new())).into_owned();
            if is_plain && let Some(what) = file_name_mistake(&filled) {
                let help = "a path inside the program's directory, e.g. \"conf/users.json\"";
                inner.note(Mistake::new(what, name.span()).with_help(help));
            }
            let content = match value.get_ref() {
                DeValue::String(text) => {
                    let text = Spanned::new(value.span(), text.to_string());
                    Some(Content::Text(self.text(&inner, &text)))
                }
                _ => inner
                    .section_of(format!("the file {:?}", name.get_ref()), value)
                    .and_then(|table| self.content(table))
                    .map(Content::Bytes),
            };
            files.extend(content.map(|content| (path, content)));
        }
        files
    }

    /// The content that `{ hex = … }`, `{ size = … }` or `{ path = … }` gives.
    fn content(&mut self, section: Section<'_>) -> Option<Vec<u8>> {
        let there: Vec<&str> =
            ["hex", "size", "path"].into_iter().filter(|key| section.get(key).is_some()).collect();
        let content = match there[..] {
            ["hex"] => hex_of(&section),
            ["size"] => self::size(&section),
            ["path"] => self.fixture(&section),
            _ => {
                let what = "a file's content is a string, or one of hex, size and path";
                section.note(Mistake::new(what, section.place()));
                None
            }
        };
        section.finish();
        content
    }

    fn fixture(&mut self, section: &Section<'_>) -> Option<Vec<u8>> {
        let path = section.text("path")?;
        let relative = Path::new(path.get_ref());
        if relative
            .components()
            .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir))
        {
            let what = format!("{:?} is outside the directory of this file", path.get_ref());
            let help = "put the fixture beside the protocol file, or below";
            section.note(Mistake::new(what, path.span()).with_help(help));
            return None;
        }
        let file = self.base.join(relative);
        match std::fs::read(&file) {
            Ok(bytes) => {
                self.fixtures.insert(file, bytes.clone());
                Some(bytes)
            }
            Err(error) => {
                let what = format!("cannot read {}: {error}", path.get_ref());
                section.note(Mistake::new(what, path.span()).with_help(self.nearest(relative)));
                None
            }
        }
    }

    /// The file that was probably meant instead of a missing one.
    fn nearest(&self, relative: &Path) -> String {
        let directory = self.base.join(relative.parent().unwrap_or(Path::new("")));
        let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
        let names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        let name = relative.file_name().map(|name| name.to_string_lossy().into_owned());
        match names.len() {
            0 => format!("there is nothing in {}", directory.display()),
            _ => meant(&name.unwrap_or_default(), &names),
        }
    }
}

/// The content that `size` gives.
fn size(section: &Section<'_>) -> Option<Vec<u8>> {
    let size = section.integer("size")?;
    if !(0..=FILE_MAX_BYTES).contains(size.get_ref()) {
        let what = format!("a file has 0 to {FILE_MAX_BYTES} bytes");
        section.note(Mistake::new(what, size.span()));
        return None;
    }
    usize::try_from(*size.get_ref()).ok().map(sized)
}

/// This many bytes without repetition, so that lost or swapped bytes show.
pub fn sized(len: usize) -> Vec<u8> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(len).collect()
}
