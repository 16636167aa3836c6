//! Inputs that may catch what the file's own inputs do not. Each is a fixed input with one change: a typed
//! line, a file, a name, or the order.

use std::collections::{BTreeMap, HashSet};

use model::blob::Blob;
use model::{Beside, Input};
use protocols::sized;

/// At most this many inputs of each kind of change are tried.
const OF_A_KIND: usize = 90;
/// At most this many of the program's own numbers are tried as sizes and values.
const NUMBERS_MAX: usize = 8;
/// The maximum length of a typed line.
const TYPED_MAX_CHARS: usize = 9000;
/// The length of a file that fills socket buffers more than once.
const LARGE: usize = 300_000;
/// A text with different counts of characters, UTF-16 units and bytes.
const BEYOND_ASCII: &str = "żółć 中 😀";

/// An input, and its change.
#[derive(Debug, Clone)]
pub(super) struct Idea {
    /// The change in words; it follows the name of the original input.
    pub(super) what: String,
    pub(super) input: Input,
}

/// The side that types the lines or has the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Client,
    Server,
}

impl Side {
    const BOTH: [Self; 2] = [Self::Client, Self::Server];

    fn lines(self, input: &mut Input) -> &mut Vec<Blob> {
        match self {
            Self::Client => &mut input.lines,
            Self::Server => &mut input.server_lines,
        }
    }

    fn files(self, input: &mut Input) -> &mut BTreeMap<String, Beside> {
        match self {
            Self::Client => &mut input.beside,
            Self::Server => &mut input.server_beside,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// New inputs made from these, with the numbers in the program. All are different, and none equals an existing
/// one.
pub(super) fn of(fixed: &[(String, Input)], numbers: &[usize]) -> Vec<Idea> {
    // The largest numbers are limits and buffer sizes; the smallest are often counts.
    let numbers: Vec<usize> = numbers.iter().rev().take(NUMBERS_MAX).copied().collect();
    let kinds: [Change; 4] = [change_lines, change_words, change_names, change_files];
    let mut ideas = Vec::new();
    let mut made =
        Made { seen: fixed.iter().map(|(_, input)| key(input)).collect(), ideas: vec![] };
    for kind in kinds {
        for (name, input) in fixed {
            kind(&mut made, name, input, &numbers);
        }
        ideas.extend(made.ideas.drain(..).take(OF_A_KIND));
    }
    ideas
}

/// Adds the changed forms of an input with this name, using these numbers.
type Change = fn(&mut Made, &str, &Input, &[usize]);

/// A key that is equal for equal inputs only.
fn key(input: &Input) -> String {
    serde_json::to_string(input).unwrap_or_default()
}

/// The ideas of one kind.
struct Made {
    seen: HashSet<String>,
    ideas: Vec<Idea>,
}

impl Made {
    fn add(&mut self, what: String, input: Input) {
        if self.seen.insert(key(&input)) {
            self.ideas.push(Idea { what, input });
        }
    }
}

/// Changes whole lines: omits one, doubles one, reorders them, or doubles all.
fn change_lines(made: &mut Made, name: &str, input: &Input, _: &[usize]) {
    for side in Side::BOTH {
        let lines = side.lines(&mut input.clone()).clone();
        let mut add = |what: String, lines: Vec<Blob>| {
            let mut changed = input.clone();
            *side.lines(&mut changed) = lines;
            made.add(format!("{name}, {what}"), changed);
        };
        if lines.is_empty() {
            continue;
        }
        add("all lines typed twice".to_owned(), [lines.clone(), lines.clone()].concat());
        add("the lines in reverse".to_owned(), lines.iter().rev().cloned().collect());
        for (nth, line) in lines.iter().enumerate() {
            let mut without = lines.clone();
            without.remove(nth);
            add(format!("without line {}", nth + 1), without);
            let mut twice = lines.clone();
            twice.insert(nth, line.clone());
            add(format!("line {} typed twice", nth + 1), twice);
        }
    }
}

/// Changes a line, or one word of it.
fn change_words(made: &mut Made, name: &str, input: &Input, numbers: &[usize]) {
    for side in Side::BOTH {
        let lines = side.lines(&mut input.clone()).clone();
        for (nth, line) in lines.iter().enumerate() {
            let Ok(line) = std::str::from_utf8(&line.0) else { continue };
            for (from, to) in words(line) {
                let word = &line[from..to];
                for (told, other) in others(word, numbers) {
                    let mut changed = input.clone();
                    let text = [&line[..from], &other, &line[to..]].concat();
                    if let Some(place) = side.lines(&mut changed).get_mut(nth) {
                        *place = Blob(text.into_bytes());
                    }
                    let place = if word == line {
                        format!("line {}", nth + 1)
                    } else {
                        format!("{word:?} in line {}", nth + 1)
                    };
                    made.add(format!("{name}, {told} for {place}"), changed);
                }
            }
        }
    }
}

/// The bounds of a line's words, the last word first, as the first is often a command. If there are several
/// words, the whole line also counts as one.
fn words(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in line.split(' ') {
        if !word.is_empty() {
            found.push((at, at + word.len()));
        }
        at += word.len() + 1;
    }
    found.reverse();
    if found != [(0, line.len())] {
        found.push((0, line.len()));
    }
    found
}

/// Replacements for a word, each with a description.
fn others(word: &str, numbers: &[usize]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = [
        ("nothing", String::new()),
        ("text beyond ASCII", BEYOND_ASCII.to_owned()),
        ("blanks around it", format!(" {word}  ")),
        ("capitals", word.to_uppercase()),
        ("quotes and backslashes", format!("{word}\"\\\\'")),
        ("something more", format!("{word}x")),
        ("something less", word.chars().skip(1).collect()),
        ("0", "0".to_owned()),
        ("-1", "-1".to_owned()),
        ("the directory above", "..".to_owned()),
        ("a name with a slash", format!("{word}/x")),
        ("300 characters", "abcdefghij".repeat(30)),
    ]
    .map(|(what, text)| (what.to_owned(), text))
    .into();
    for number in numbers {
        for near in [number - 1, *number, number + 1] {
            all.push((format!("the number {near}"), near.to_string()));
            if near <= TYPED_MAX_CHARS {
                let text: String = "abcdefghij".chars().cycle().take(near).collect();
                all.push((format!("{near} characters"), text));
            }
        }
    }
    all
}

/// Renames a file wherever its name occurs.
fn change_names(made: &mut Made, name: &str, input: &Input, _: &[usize]) {
    for side in Side::BOTH {
        for path in side.files(&mut input.clone()).keys() {
            let (folder, file) = path.rsplit_once('/').map_or(("", path.as_str()), |it| it);
            let long = "n".repeat(250);
            let names = ["żółć 😀.txt", " a b ", ".hidden", "-x", "CON", "back\\slash", &long];
            for new in names {
                let renamed = |path: &str| match path.rsplit_once('/') {
                    Some((folder, last)) if last == file => format!("{folder}/{new}"),
                    None if path == file => new.to_owned(),
                    _ => path.to_owned(),
                };
                let mut changed = input.clone();
                for side in Side::BOTH {
                    let files = std::mem::take(side.files(&mut changed));
                    let files = files.into_iter().map(|(path, what)| (renamed(&path), what));
                    *side.files(&mut changed) = files.collect();
                    for line in side.lines(&mut changed) {
                        let text = String::from_utf8_lossy(&line.0).replace(file, new);
                        *line = Blob(text.into_bytes());
                    }
                }
                let place = if folder.is_empty() { "" } else { "a path ending in " };
                made.add(format!("{name}, {place}{file:?} named {new:?}"), changed);
            }
        }
    }
}

/// Changes a file's content, removes a file, or puts a file on the other side too.
fn change_files(made: &mut Made, name: &str, input: &Input, numbers: &[usize]) {
    for side in Side::BOTH {
        for (path, content) in side.files(&mut input.clone()).clone() {
            let of = format!("{name}, the {}'s {path:?}", side.name());
            for (what, bytes) in contents(numbers) {
                let mut changed = input.clone();
                side.files(&mut changed).insert(path.clone(), Beside::File(Blob(bytes)));
                made.add(format!("{of} with {what}"), changed);
            }
            let mut changed = input.clone();
            side.files(&mut changed).remove(&path);
            made.add(format!("{of} missing"), changed);
            let last = path.rsplit('/').next().unwrap_or(&path).to_owned();
            for (what, text) in [("shorter", "old"), ("longer", "what was there before\n")] {
                let mut changed = input.clone();
                let longer = match &content {
                    Beside::File(bytes) if what == "longer" => bytes.0.len(),
                    _ => 0,
                };
                let old = [text.as_bytes(), &sized(longer)].concat();
                let there = side.other().files(&mut changed);
                there.entry(last.clone()).or_insert(Beside::File(Blob(old)));
                let other = side.other().name();
                made.add(format!("{of} at the {other}, too, with a {what} content"), changed);
            }
        }
    }
}

/// Possible contents of a file.
fn contents(numbers: &[usize]) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = [
        ("nothing in it", Vec::new()),
        ("one byte", b"x".to_vec()),
        ("both kinds of line ends", b"one\r\ntwo\nthree\r\n\x1a\n".to_vec()),
        ("every byte", (0..=255).collect()),
        ("text beyond ASCII", BEYOND_ASCII.as_bytes().to_vec()),
        ("300,000 bytes", sized(LARGE)),
    ]
    .map(|(what, bytes)| (what.to_owned(), bytes))
    .into();
    for number in numbers {
        for near in [number - 1, *number, number + 1] {
            all.push((format!("{near} bytes"), sized(near)));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{Idea, of};
    use model::blob::Blob;
    use model::{Beside, Input};

    fn ideas() -> Vec<Idea> {
        let mut input = Input::typed(["put a.txt", "quit"]);
        input.beside.insert("a.txt".to_owned(), Beside::File(Blob(b"old".to_vec())));
        of(&[("first".to_owned(), input)], &[2, 4096])
    }

    fn found<'a>(ideas: &'a [Idea], what: &str) -> &'a Input {
        let found = ideas.iter().find(|idea| idea.what == what);
        &found.unwrap_or_else(|| panic!("no {what}: {ideas:#?}")).input
    }

    #[test]
    fn each_idea_changes_one_thing() {
        let ideas = ideas();
        let lines = |what: &str| found(&ideas, what).lines.clone();
        let typed = |lines: [&str; 2]| lines.map(|line| Blob(line.into()));
        assert_eq!(lines("first, without line 1"), [Blob(b"quit".to_vec())]);
        let expected = typed(["put 4097", "quit"]);
        assert_eq!(lines("first, the number 4097 for \"a.txt\" in line 1"), expected);
        assert_eq!(lines("first, nothing for line 2"), typed(["put a.txt", ""]));
        let file = |what: &str| found(&ideas, what).beside.get("a.txt").cloned();
        assert_eq!(file("first, the client's \"a.txt\" missing"), None);
        let sized = file("first, the client's \"a.txt\" with 4095 bytes");
        assert!(matches!(sized, Some(Beside::File(bytes)) if bytes.0.len() == 4095));
    }

    #[test]
    fn a_name_changes_wherever_it_stands() {
        let ideas = ideas();
        let renamed = found(&ideas, "first, \"a.txt\" named \".hidden\"");
        assert_eq!(renamed.lines[0], Blob(b"put .hidden".to_vec()));
        assert_eq!(renamed.beside.keys().collect::<Vec<_>>(), [".hidden"]);
    }

    #[test]
    fn no_two_are_the_same() {
        let ideas = ideas();
        let mut seen: Vec<String> = ideas.iter().map(|idea| super::key(&idea.input)).collect();
        seen.sort();
        let count = seen.len();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}
