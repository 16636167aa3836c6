//! Reads `[compare]` of a protocol's file: what is compared in addition to the default.

use located::Mistake;
use toml::Spanned;

use crate::frames_form::FramesForm;
use crate::framing::has_json;
use crate::reader::Section;

/// The file's settings for comparing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Compare {
    /// Standard output of both programs.
    pub(crate) stdout: bool,
    /// Whether a program must wait for what the reference waited for before it sends.
    pub(crate) turns: bool,
    /// Whether JSON is compared by its value. Otherwise its bytes are compared.
    pub(crate) by_value: bool,
    /// What a program sends after a malformed frame. Otherwise only its end and its files are compared.
    pub(crate) hostile_answers: bool,
}

/// Reads the section. Without it, only the default is compared.
pub(crate) fn read(root: &Section<'_>, frames: Option<&FramesForm>) -> Compare {
    let Some(section) = root.section("compare") else { return Compare::default() };
    let by_value = section.word("json", &[("bytes", false), ("value", true)]) == Some(true);
    if by_value && !frames.is_some_and(|it| has_json(&it.layout)) {
        let place = section.get("json").map_or(0..0, Spanned::span);
        let what = "no frame of this file says where its JSON stands";
        let help = "[frames] with a part such as { name = \"dict\", json = \"length\" } does";
        section.note(Mistake::new(what, place).with_help(help));
    }
    let words = [("end", false), ("answers", true)];
    let hostile_answers = section.word("hostile", &words) == Some(true);
    if hostile_answers && frames.is_none() {
        let place = section.get("hostile").map_or(0..0, Spanned::span);
        let what = "a file without [frames] has no malformed frames";
        section.note(Mistake::new(what, place));
    }
    let (stdout, turns) = (section.flag("stdout"), section.flag("turns"));
    section.finish();
    Compare { stdout, turns, by_value, hostile_answers }
}
