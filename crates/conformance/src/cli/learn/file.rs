//! The text of the protocol file.

use std::fmt::Write as _;

use learn::{Found, comment, frame_text, string};
use model::case::Transport;

use super::commands::Commands;
use super::findings::{Findings, Way};
use super::given::Given;

/// The contents of the file, apart from the findings.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) transport: Transport,
    pub(super) commands: Commands,
    pub(super) inputs: Vec<Given>,
}

/// The longest file in a generated input, in bytes.
const BODY_MAX: usize = 5000;

impl File {
    /// The text, with the findings if they are known. With `is_varied`, the generated input is part of it;
    /// otherwise it is a comment.
    pub(super) fn text(&self, findings: Option<&Findings>, is_varied: bool) -> String {
        let mut text = String::new();
        if let Some(findings) = findings {
            text.push_str(&comment(&self.heading(findings), ""));
        }
        let _ = write!(text, "name = {}\nsummary = \"\"\n", string(&self.name));
        if self.transport != Transport::Tcp4 {
            let _ = writeln!(text, "transports = [{}]", string(self.transport.name()));
        }
        text.push_str("\n[reference]\n");
        if let Some((name, language)) = self.commands.language() {
            let _ = write!(text, "name = {}\nlanguage = {}\n", string(name), string(language));
        }
        if let Some(changed) = &self.commands.changed {
            text.push_str(&comment(changed, ""));
        }
        text.push_str(&self.commands.lines());
        for input in &self.inputs {
            let _ = write!(text, "\n{}", input.text(&input.name, None));
        }
        if let Some(findings) = findings {
            self.add_findings(&mut text, findings, is_varied);
        }
        text
    }

    fn heading(&self, findings: &Findings) -> String {
        let inputs = self.inputs.len();
        let noted = match findings.noted.as_slice() {
            [] => "It could trace no program, so everything comes from the bytes.".to_owned(),
            roles => format!("It traced the {}.", roles.join(" and the ")),
        };
        format!(
            "`framecheck learn` wrote this file. It played {inputs} input{} {} times each. {noted} A comment before a \
             line says how sure that line is: certain (a program was seen to call just that), likely, or a guess. \
             Read the file, correct what you know better, and run `framecheck check-protocol` again.",
            if inputs == 1 { "" } else { "s" },
            findings.plays,
        )
    }

    fn add_findings(&self, text: &mut String, findings: &Findings, is_varied: bool) {
        self.add_varied(text, findings, is_varied);
        let ways = [&findings.to_server, &findings.to_client];
        for found in ways.into_iter().filter_map(Way::found) {
            for (frame, reasons) in found.frames.iter().zip(&found.reasons) {
                let _ = write!(text, "\n{}", frame_text(frame, reasons));
            }
        }
        add_streams(text, findings);
        add_compare(text, findings);
        if findings.masks.is_empty() {
            text.push('\n');
            text.push_str(&comment("No masks: nothing else differed from play to play.", ""));
        } else {
            text.push('\n');
            text.push_str(&comment("likely: these differed from play to play.", ""));
            let _ = writeln!(text, "{}", findings.masks.join("\n\n"));
        }
        for open in &findings.open {
            text.push_str(&comment(&format!("{open}, and no simple mask covers it."), ""));
        }
    }

    /// Adds a generated input: any file in the place of a typed one.
    fn add_varied(&self, text: &mut String, findings: &Findings, is_varied: bool) {
        let Some((nth, file)) = &findings.varied else { return };
        let Some(input) = self.inputs.get(*nth) else { return };
        let taken = self.inputs.iter().any(|input| input.name == "any-file");
        let name = if taken { "any-file-at-all" } else { "any-file" };
        let vary = format!(
            "[vary]\nname = {{ kind = \"file-name\" }}\nbody = {{ kind = \"bytes\", max = {BODY_MAX} }}\n\n{}",
            input.text(name, Some(file))
        );
        text.push('\n');
        if is_varied {
            let why = format!(
                "likely: {file} may be any file, so names and contents are made up. Without these lines, only what is \
                 above is played."
            );
            text.push_str(&comment(&why, ""));
            text.push_str(&vary);
        } else {
            let why = format!(
                "Any file in the place of {file} was tried and is not usable with these programs; \
                 `framecheck check-protocol` says why if you uncomment the next lines:"
            );
            text.push_str(&comment(&why, ""));
            for line in vary.lines() {
                let _ = writeln!(text, "{}", format!("# {line}").trim_end());
            }
        }
    }
}

impl Way {
    fn found(&self) -> Option<&Found> {
        match self {
            Self::Found(found) => Some(found),
            _ => None,
        }
    }

    /// The value of a key of `[streams]`.
    fn items(&self) -> Option<String> {
        match self {
            Self::Nothing => Some("[]".to_owned()),
            Self::Found(found) => {
                let last = found.frames.len().saturating_sub(1);
                let item = |(nth, frame): (usize, &layout::Frame)| {
                    let star = if nth == last { "*" } else { "" };
                    string(&format!("{}{star}", frame.name))
                };
                let items: Vec<String> = found.frames.iter().enumerate().map(item).collect();
                Some(format!("[{}]", items.join(", ")))
            }
            Self::Unknown(_) => None,
        }
    }
}

fn add_streams(text: &mut String, findings: &Findings) {
    let ways = [("to-server", &findings.to_server), ("to-client", &findings.to_client)];
    let is_framed = ways.iter().any(|(_, way)| way.found().is_some());
    text.push('\n');
    if is_framed {
        text.push_str("[streams]\n");
    }
    for (key, way) in ways {
        match way.items() {
            Some(items) if is_framed => {
                let count = way.found().map_or(0, |found| found.frame_count);
                let why = if count == 0 {
                    "likely: nothing was sent".to_owned()
                } else {
                    format!(
                        "likely: {count} frames in all plays, from the first byte of each stream to the last"
                    )
                };
                text.push_str(&comment(&why, ""));
                let _ = writeln!(text, "{key} = {items}");
            }
            Some(_) => {}
            None => add_unknown(text, key, way),
        }
    }
}

/// Adds a comment for a direction whose frames are unknown.
fn add_unknown(text: &mut String, key: &str, way: &Way) {
    let mut why = format!(
        "{key} is not described: no frames were found that match all of its streams. Its bytes are compared \
         anyway. If you know their structure, describe it in [frames]."
    );
    if let Way::Unknown(Some(nearest)) = way {
        let _ = write!(why, "\nThe nearest: {}\nIt fails: {}", nearest.guess, nearest.fails);
    }
    text.push_str(&comment(&why, ""));
}

fn add_compare(text: &mut String, findings: &Findings) {
    text.push_str("\n[compare]\n");
    text.push_str(&comment(
        "\"value\" lets a port write JSON its own way: blanks, the order of keys, escapes.",
        "",
    ));
    text.push_str("json = \"bytes\"\n");
    let screens = if findings.same_screens {
        "The screens were the same in all plays. With true, every port must print the same."
    } else {
        "The screens differed from play to play; true needs a mask for that."
    };
    text.push_str(&comment(screens, ""));
    text.push_str("stdout = false\n");
    match findings.turns {
        Some(true) => {
            text.push_str(&comment(
                "likely: the client sent nothing before it had the answer to what it sent before, in all plays.",
                "",
            ));
            text.push_str("turns = true\n");
        }
        _ => text.push_str("turns = false\n"),
    }
}
