//! Reads a TOML text into a type, and finds every invalid key and value, not only the first.
//!
//! serde stops at the first mistake. So this replaces what is wrong with blanks and reads the rest again, until
//! the text is valid. The blanks keep all offsets.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Mistake, meant};

/// The most mistakes that this looks for in a text.
const FOUND_MAX: usize = 100;

/// What a text says, and the mistakes in its form. It says nothing if it can't be read even without the mistakes.
pub fn read_toml<T: DeserializeOwned>(text: &str) -> (Option<T>, Vec<Mistake>) {
    let mut left = text.to_owned();
    let mut mistakes = Vec::new();
    while mistakes.len() < FOUND_MAX {
        let error = match toml::from_str(&left) {
            Ok(read) => return (Some(read), mistakes),
            Err(error) => error,
        };
        mistakes.push(Mistake::of_form(&error));
        match error.span().and_then(|place| without(&left, place)) {
            Some(shorter) => left = shorter,
            None => break,
        }
    }
    (None, mistakes)
}

impl Mistake {
    /// The error of the TOML parser or of serde, with the nearest known name.
    #[must_use]
    fn of_form(error: &toml::de::Error) -> Self {
        let mistake = Self::of_toml(error);
        let Some((what, known)) = mistake.what.split_once(", expected ") else { return mistake };
        // serde: unknown field `nam`, expected one of `name`, `language`
        let quoted = |text: &str| -> Vec<String> {
            text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let (names, known) = (quoted(what), quoted(known));
        match &names[..] {
            [name] if what.starts_with("unknown ") && !known.is_empty() => {
                let help = meant(name, &known);
                Self::new(what, mistake.place).with_help(help)
            }
            _ => mistake,
        }
    }
}

/// The text with blanks instead of the entry that is wrong here; `None` if there is no such entry.
fn without(text: &str, wrong: Range<usize>) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let entry = entry(table.get_ref(), &wrong)?;
    let line = text.get(..entry.start)?.rfind('\n').map_or(0, |end| end + 1);
    let is_header = text.get(line..entry.start)?.trim_start().starts_with('[');
    let place = if is_header { section(text, line) } else { with_comma(text, entry) };
    let blank = |(at, byte): (usize, u8)| match byte {
        b'\n' | b'\r' => byte,
        _ if place.contains(&at) => b' ',
        byte => byte,
    };
    let left = String::from_utf8((0..).zip(text.bytes()).map(blank).collect()).ok()?;
    // If the rest is not valid TOML, a mistake in it would come from this function.
    DeTable::parse(&left).is_ok().then_some(left)
}

/// The entry with the comma between it and the next, in an inline table.
fn with_comma(text: &str, entry: Range<usize>) -> Range<usize> {
    let rest = text.get(entry.end..).unwrap_or_default();
    match rest.trim_start().strip_prefix(',') {
        Some(behind) => entry.start..text.len() - behind.len(),
        None => entry,
    }
}

/// From the key to the end of the value, if one of them is wrong.
fn entry(table: &DeTable<'_>, wrong: &Range<usize>) -> Option<Range<usize>> {
    table.iter().find_map(|(key, value)| {
        let is_wrong = [key.span(), value.span()].contains(wrong);
        if is_wrong {
            let end = value.span().end.max(key.span().end);
            return Some(key.span().start..end);
        }
        inner(value, wrong).or_else(|| {
            // A mistake inside a value that is not a table, such as an argument of a command.
            let holds = value.span().start <= wrong.start && wrong.end <= value.span().end;
            let is_table = matches!(value.get_ref(), DeValue::Table(_));
            (holds && !is_table).then(|| key.span().start..value.span().end)
        })
    })
}

fn inner(value: &Spanned<DeValue<'_>>, wrong: &Range<usize>) -> Option<Range<usize>> {
    match value.get_ref() {
        DeValue::Table(table) => entry(table, wrong),
        DeValue::Array(items) => items.iter().find_map(|item| inner(item, wrong)),
        _ => None,
    }
}

/// From a header to the next one.
fn section(text: &str, begin: usize) -> Range<usize> {
    let rest = text.get(begin..).unwrap_or_default();
    let next = rest.match_indices('\n').map(|(end, _)| end + 1);
    let mut headers =
        next.filter(|at| rest.get(*at..).is_some_and(|line| line.trim_start().starts_with('[')));
    begin..headers.next().map_or(text.len(), |at| begin + at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        name: String,
        #[serde(default)]
        warm: bool,
        #[serde(default)]
        server: BTreeMap<String, Vec<String>>,
        #[serde(default)]
        needs: Needs,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Needs {
        #[serde(default)]
        env: String,
    }

    fn mistakes(text: &str) -> Vec<String> {
        let (_, mistakes) = read_toml::<Form>(text);
        let told = |it: &Mistake| {
            let place = text.get(it.place.clone()).unwrap_or_default();
            format!("{place}: {} ({})", it.what, it.help.as_deref().unwrap_or("-"))
        };
        mistakes.iter().map(told).collect()
    }

    #[test]
    fn every_key_and_value_that_is_wrong_is_found_at_once() {
        let text = "name = 'é'\nwram = true\nwarm = 1\n[server]\na = ['x', 2]\nb = ['y']\n\
                    [servr]\nc = 3\n[needs]\nenvv = ''\n";
        let found = mistakes(text);
        assert_eq!(found.len(), 5, "{found:#?}");
        for says in [
            "wram: unknown field `wram` (did you mean \"warm\"?)",
            "1: invalid type: integer `1`, expected a boolean (-)",
            "servr: unknown field `servr` (did you mean \"server\"?)",
            "envv: unknown field `envv` (did you mean \"env\"?)",
        ] {
            assert!(found.iter().any(|it| it == says), "{says}: {found:#?}");
        }
        let (read, _) = read_toml::<Form>(text);
        let read = read.unwrap();
        assert_eq!((&*read.name, read.warm, &*read.needs.env), ("é", false, ""));
        assert_eq!(read.server.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn what_is_left_of_an_inline_table_is_read() {
        for table in ["{ x = 1, env = 2 }", "{ x = 1, y = 2, env = '' }", "{ env = '', x = 1 }"] {
            let text = format!("name = 'a'\nneeds = {table}\nwram = true\n");
            let found = mistakes(&text);
            let is_of_toml =
                |it: &String| !it.contains("unknown field") && !it.contains("invalid type");
            assert!(!found.iter().any(is_of_toml), "{table}: {found:#?}");
            assert!(found.iter().any(|it| it.starts_with("wram: ")), "{table}: {found:#?}");
        }
        // A line that only looks like a header ends the search; it is not a mistake.
        let nested = "name = 'a'\n[servr]\nx = [\n[1],\n]\n";
        assert_eq!(mistakes(nested).len(), 1, "{:#?}", mistakes(nested));
    }

    #[test]
    fn what_is_missing_and_what_is_no_toml_ends_the_search() {
        assert_eq!(mistakes("nam = 'a'\n").len(), 2);
        assert_eq!(mistakes("name = 'a'\nwarm = \n").len(), 1);
        assert!(mistakes("name = 'a'\n").is_empty());
    }
}
