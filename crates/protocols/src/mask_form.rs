//! Reads the `[[mask]]`s of a protocol's file.

use globset::GlobBuilder;
use layout::Frame;
use located::{Mistake, meant};
use model::mask::{FileForm, Place};
use model::observation::{Direction, Role};
use regex::bytes::Regex;

use crate::frames_form::FramesForm;
use crate::framing::{Form, PartMask};
use crate::masks::{Mask, Masks};
use crate::reader::Section;

/// The subjects of a mask: exactly one of these keys must be there.
const SUBJECTS: [&str; 4] = ["part", "screen", "stream", "file"];

/// All of them, and each as it stands in the file, in one line.
pub(crate) fn read_all(
    root: &Section<'_>,
    text: &str,
    frames: Option<&FramesForm>,
) -> (Masks, Vec<String>) {
    let frames = frames.map_or(&[][..], |it| &it.layout.frames);
    let mut masks = Vec::new();
    let mut texts = Vec::new();
    for section in root.sections("mask") {
        let place = section.place();
        if let Some(mask) = read(section, frames) {
            masks.push(mask);
            texts.push(mask_line(text, &place, masks.last()));
        }
    }
    (Masks(masks), texts)
}

/// A mask in one line, with its line number in the file.
fn mask_line(text: &str, place: &std::ops::Range<usize>, mask: Option<&Mask>) -> String {
    let line = text.get(..place.start).unwrap_or_default().matches('\n').count() + 1;
    let what = match mask {
        Some(Mask::Pattern { regex, .. }) => format!("pattern '{}'", regex.as_str()),
        Some(Mask::File { role, glob, .. }) => format!("file \"{role}:{}\"", glob.glob().glob()),
        Some(Mask::Part(mask)) => format!("part \"{}\"", mask.path),
        None => String::new(),
    };
    format!("the mask in line {line}, {what}")
}

fn read(section: Section<'_>, frames: &[Frame]) -> Option<Mask> {
    let there: Vec<&str> = SUBJECTS.into_iter().filter(|key| section.get(key).is_some()).collect();
    let mask = match there[..] {
        ["screen"] => {
            let roles = [("server", Role::Server), ("client", Role::Client)];
            let role = section.word("screen", &roles);
            pattern(&section).zip(role).map(|(regex, role)| of(Place::Screen(role), regex))
        }
        ["stream"] => {
            let ways = [("to-server", Direction::ToServer), ("to-client", Direction::ToClient)];
            let way = section.word("stream", &ways);
            pattern(&section).zip(way).map(|(regex, way)| of(Place::Stream(way), regex))
        }
        ["file"] => file(&section),
        ["part"] => {
            let form = section.word("as", &Form::WORDS);
            if section.get("as").is_none() {
                section.lacks("as");
            }
            part(&section, frames).zip(form).map(|(path, form)| Mask::Part(PartMask { path, form }))
        }
        [] => {
            let help = format!("one of: {}", SUBJECTS.join(", "));
            let what = "this mask does not say what it is about";
            section.note(Mistake::new(what, section.place()).with_help(help));
            None
        }
        _ => {
            let what = format!("a mask is about one thing, not about {}", there.join(" and "));
            section.note(Mistake::new(what, section.place()));
            None
        }
    };
    section.finish();
    mask
}

/// The path of a value of a frame.
fn part(section: &Section<'_>, frames: &[Frame]) -> Option<String> {
    let text = section.text("part")?;
    let path = text.get_ref();
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let frame = frames.iter().find(|frame| frame.name == name);
    let Some(frame) = frame else {
        let known: Vec<&str> = frames.iter().map(|frame| frame.name.as_str()).collect();
        let what = format!("no frame is called {name:?}");
        let help = if known.is_empty() {
            "[frames] says what the bytes mean; or use stream = \"to-client\" and a pattern"
                .to_owned()
        } else {
            meant(name, &known)
        };
        section.note(Mistake::new(what, text.span()).with_help(help));
        return None;
    };
    if frame.resolve_dotted(rest).is_none() {
        let known: Vec<&str> = frame.parts.iter().map(|part| part.name.as_str()).collect();
        let first = rest.split('.').next().unwrap_or_default();
        let what = format!("{name:?} has no part {first:?}");
        section.note(Mistake::new(what, text.span()).with_help(meant(first, &known)));
        return None;
    }
    Some(path.clone())
}

const fn of(place: Place, regex: Regex) -> Mask {
    Mask::Pattern { place, regex }
}

fn pattern(section: &Section<'_>) -> Option<Regex> {
    let text = section.required("pattern")?;
    match Regex::new(text.get_ref()) {
        Ok(regex) if regex.is_match(b"") => {
            let what = "this pattern matches the empty text, and so everywhere";
            let help = "write it so that it needs at least one byte, e.g. \\d+ for \\d*";
            section.note(Mistake::new(what, text.span()).with_help(help));
            None
        }
        Ok(regex) => Some(regex),
        Err(error) => {
            section.note(Mistake::of_regex(&error.to_string(), text.span()));
            None
        }
    }
}

fn file(section: &Section<'_>) -> Option<Mask> {
    let text = section.text("file")?;
    let forms = [("present", FileForm::Present), ("ignored", FileForm::Ignored)];
    let form = section.word("as", &forms).unwrap_or(FileForm::Present);
    let (role, glob) = match text.get_ref().split_once(':') {
        Some(("server", glob)) => (Role::Server, glob),
        Some(("client", glob)) => (Role::Client, glob),
        _ => {
            let what = format!("{:?} does not say whose file it is", text.get_ref());
            let help = "e.g. \"server:log/*.txt\"";
            section.note(Mistake::new(what, text.span()).with_help(help));
            return None;
        }
    };
    match GlobBuilder::new(glob).literal_separator(true).build() {
        Ok(glob) => Some(Mask::File { role, glob: glob.compile_matcher(), form }),
        Err(error) => {
            let what = format!("this is not a pattern of files: {}", error.kind());
            section.note(Mistake::new(what, text.span()));
            None
        }
    }
}
