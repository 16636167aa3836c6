//! Reads the tables of a TOML text one key at a time, and collects every mistake with its place. It knows
//! no key by name.

use std::cell::RefCell;
use std::ops::Range;

use located::{Mistake, meant};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    mistakes: RefCell<Vec<Mistake>>,
    warnings: RefCell<Vec<Mistake>>,
}

/// A table that is being read. A key that the reader never asked for is a mistake.
pub(crate) struct Section<'t> {
    name: String,
    table: &'t DeTable<'t>,
    place: Range<usize>,
    asked: RefCell<Vec<String>>,
    mistakes: &'t Mistakes,
}

impl Mistakes {
    pub(crate) fn note(&self, mistake: Mistake) {
        self.mistakes.borrow_mut().push(mistake);
    }

    pub(crate) fn warn(&self, warning: Mistake) {
        self.warnings.borrow_mut().push(warning);
    }

    /// The mistakes and the warnings, each in the order of the text.
    pub(crate) fn into_parts(self) -> (Vec<Mistake>, Vec<Mistake>) {
        let sorted = |of: RefCell<Vec<Mistake>>| {
            let mut of = of.into_inner();
            of.sort_by_key(|mistake| mistake.place.start);
            of
        };
        (sorted(self.mistakes), sorted(self.warnings))
    }

    fn expected(&self, what: &str, found: &Spanned<DeValue<'_>>) {
        let found_type = match found.get_ref() {
            DeValue::Table(_) => "a table",
            DeValue::Array(_) => "a list",
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
        };
        self.note(Mistake::new(format!("expected {what}, found {found_type}"), found.span()));
    }

    pub(crate) fn text(&self, value: &Spanned<DeValue<'_>>) -> Option<Spanned<String>> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.expected("a string", value);
        }
        Some(Spanned::new(value.span(), text?.to_owned()))
    }

    pub(crate) fn texts(&self, value: &Spanned<DeValue<'_>>) -> Vec<Spanned<String>> {
        let Some(values) = value.get_ref().as_array() else {
            self.expected("a list of strings", value);
            return Vec::new();
        };
        values.iter().filter_map(|value| self.text(value)).collect()
    }
}

impl<'t> Section<'t> {
    pub(crate) fn new(
        name: impl Into<String>,
        table: &'t DeTable<'t>,
        place: Range<usize>,
        mistakes: &'t Mistakes,
    ) -> Self {
        Self { name: name.into(), table, place, asked: RefCell::default(), mistakes }
    }

    /// Its place.
    pub(crate) fn place(&self) -> Range<usize> {
        self.place.clone()
    }

    pub(crate) fn note(&self, mistake: Mistake) {
        self.mistakes.note(mistake);
    }

    /// Adds a warning: something odd that can still be played.
    pub(crate) fn warn(&self, warning: Mistake) {
        self.mistakes.warn(warning);
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().push(key.to_owned());
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(value)
    }

    /// Every key and its value, for a table whose keys its owner chooses.
    pub(crate) fn entries(
        &self,
    ) -> impl Iterator<Item = (Spanned<String>, &'t Spanned<DeValue<'t>>)> {
        self.asked.borrow_mut().extend(self.table.keys().map(|key| key.get_ref().to_string()));
        let owned = |key: &Spanned<_>| Spanned::new(key.span(), ToString::to_string(key.get_ref()));
        self.table.iter().map(move |(key, value)| (owned(key), value))
    }

    pub(crate) fn text(&self, key: &str) -> Option<Spanned<String>> {
        self.mistakes.text(self.get(key)?)
    }

    /// A required text.
    pub(crate) fn required(&self, key: &str) -> Option<Spanned<String>> {
        if self.get(key).is_none() {
            self.lacks(key);
        }
        self.text(key)
    }

    pub(crate) fn lacks(&self, key: &str) {
        self.note(Mistake::new(format!("{} needs {key:?}", self.name), self.place()));
    }

    pub(crate) fn texts(&self, key: &str) -> Option<Spanned<Vec<Spanned<String>>>> {
        let value = self.get(key)?;
        Some(Spanned::new(value.span(), self.mistakes.texts(value)))
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        let Some(value) = self.get(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.mistakes.expected("true or false", value);
            false
        })
    }

    pub(crate) fn integer(&self, key: &str) -> Option<Spanned<i64>> {
        let value = self.get(key)?;
        let number = value.get_ref().as_integer();
        let number = number.and_then(|it| i64::from_str_radix(it.as_str(), it.radix()).ok());
        if number.is_none() {
            self.mistakes.expected("a whole number of at most 64 bits", value);
        }
        Some(Spanned::new(value.span(), number?))
    }

    /// One of these words.
    pub(crate) fn word<T: Copy>(&self, key: &str, known: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = known.iter().find(|(word, _)| word == text.get_ref());
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let what = format!("{:?} is no {key}", text.get_ref());
            let help = meant(text.get_ref(), &words);
            self.note(Mistake::new(what, text.span()).with_help(help));
        }
        found.map(|(_, value)| *value)
    }

    pub(crate) fn section(&self, key: &str) -> Option<Self> {
        let value = self.get(key)?;
        let name = if self.name.is_empty() { format!("[{key}]") } else { format!("{key:?}") };
        self.section_of(name, value)
    }

    /// A value that must be a table.
    pub(crate) fn section_of(&self, name: String, value: &'t Spanned<DeValue<'t>>) -> Option<Self> {
        match value.get_ref().as_table() {
            Some(table) => Some(Self::new(name, table, value.span(), self.mistakes)),
            None => {
                self.mistakes.expected("a table", value);
                None
            }
        }
    }

    /// The tables of a list of tables.
    pub(crate) fn sections(&self, key: &str) -> Vec<Self> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(values) = value.get_ref().as_array() else {
            let help = format!("write [[{key}]] before each");
            let what = format!("expected a list of tables, found one {key}");
            self.note(Mistake::new(what, value.span()).with_help(help));
            return Vec::new();
        };
        values.iter().filter_map(|value| self.section_of(format!("[[{key}]]"), value)).collect()
    }

    /// Call this after asking for all possible keys.
    pub(crate) fn finish(self) {
        let mut asked = self.asked.into_inner();
        asked.sort();
        asked.dedup();
        for key in self.table.keys().filter(|key| !asked.iter().any(|it| it == key.get_ref())) {
            let of = if self.name.is_empty() { "a protocol file" } else { &self.name };
            let what = format!("{:?} is not a key of {of}", key.get_ref());
            let help = meant(key.get_ref(), &asked);
            self.mistakes.note(Mistake::new(what, key.span()).with_help(help));
        }
    }
}
