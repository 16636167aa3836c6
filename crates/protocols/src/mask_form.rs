//! Reads one `[[mask]]` of a protocol's file.

use globset::GlobBuilder;
use located::Mistake;
use model::mask::{FileForm, Place};
use model::observation::{Direction, Role};
use regex::bytes::Regex;
use toml::Spanned;

use crate::masks::Mask;
use crate::reader::Section;

/// What a mask is about: exactly one of these keys says it.
const SUBJECTS: [&str; 4] = ["part", "screen", "stream", "file"];

pub(crate) fn read(section: Section<'_>) -> Option<Mask> {
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
            let place = section.get("part").map_or(0..0, Spanned::span);
            let what = "this version knows no parts of frames: a mask by part can't be had yet";
            let help = "mask the bytes by stream = \"to-client\" and a pattern";
            section.note(Mistake::new(what, place).with_help(help));
            section.text("as");
            None
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

const fn of(place: Place, regex: Regex) -> Mask {
    Mask::Pattern { place, regex }
}

fn pattern(section: &Section<'_>) -> Option<Regex> {
    let text = section.required("pattern")?;
    match Regex::new(text.get_ref()) {
        Ok(regex) if regex.is_match(b"") => {
            let what = "this pattern matches nothing at all, and so everywhere";
            let help = "write it so that it needs at least one byte, e.g. \\d+ for \\d*";
            section.note(Mistake::new(what, text.span()).with_help(help));
            None
        }
        Ok(regex) => Some(regex),
        Err(error) => {
            let said = error.to_string();
            let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let what = format!("this is no regular expression: {last}");
            let help = "docs.rs/regex has the syntax; in '…' a backslash needs no second one";
            section.note(Mistake::new(what, text.span()).with_help(help));
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
            let what = format!("this is no pattern of files: {}", error.kind());
            section.note(Mistake::new(what, text.span()));
            None
        }
    }
}
