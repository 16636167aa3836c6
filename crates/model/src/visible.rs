//! Makes foreign text safe to show on a terminal, such as a file's name, a manifest's words or a program's
//! output.

use std::fmt::Write as _;

/// Whether a character may control a terminal instead of being shown.
///
/// These are the control characters C0 (with newline and tab), DEL and C1; characters that change the direction
/// of text; line and paragraph separators; and characters without a width that hide others.
#[must_use]
pub const fn acts_on_terminal(char: char) -> bool {
    matches!(
        char,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// A text in which each character that controls a terminal is a Rust escape, `\u{1b}`; newline, carriage return
/// and tab are `\n`, `\r` and `\t`. Everything else stays unchanged, including quotes and backslashes.
///
/// ```
/// assert_eq!(model::visible::line("a\u{1b}[31m \"b\"\n"), "a\\u{1b}[31m \"b\"\\n");
/// ```
#[must_use]
pub fn line(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same for a text of several lines, whose newlines and tabs stay.
///
/// ```
/// assert_eq!(model::visible::lines("a\n\tb\r"), "a\n\tb\\r");
/// ```
#[must_use]
pub fn lines(text: &str) -> String {
    escaped(text, |char| matches!(char, '\n' | '\t'))
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if acts_on_terminal(char) && !stays(char) {
            shown.extend(escape(char));
        } else {
            shown.push(char);
        }
    }
    shown
}

/// The escape of a character that controls a terminal.
fn escape(char: char) -> Box<dyn Iterator<Item = char>> {
    match char {
        '\n' | '\r' | '\t' => Box::new(char.escape_default()),
        char => Box::new(char.escape_unicode()),
    }
}

/// The output of a program, line by line. Newlines and tabs stay; any other character that controls a terminal
/// becomes a JSON escape, `\u001b`. So JSON text keeps its meaning. Bytes that are not UTF-8 become U+FFFD.
///
/// With `may_colour`, a sequence that only sets a colour or a weight stays, for example `ESC [ 3 1 m`: the
/// program's own. Foreign text goes through [`line()`] before.
#[must_use]
pub fn printed(bytes: &[u8], may_colour: bool) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(char) = rest.chars().next() {
        let colour = if may_colour { colour_len(rest) } else { None };
        let (taken, after) = rest.split_at(colour.unwrap_or(char.len_utf8()));
        if colour.is_some() || matches!(char, '\n' | '\t') || !acts_on_terminal(char) {
            shown.push_str(taken);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
        rest = after;
    }
    shown
}

/// The length of the colour or weight sequence at the start of a text, if there is one.
fn colour_len(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|char: char| !char.is_ascii_digit() && char != ';')?;
    parameters.get(end..)?.starts_with('m').then_some(text.len() - parameters.len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped_and_all_else_stays() {
        for (text, shown) in [
            (
                "it's \"粘包\" \\ é e\u{301} 👨\u{200d}👩",
                "it's \"粘包\" \\ é e\u{301} 👨\u{200d}👩",
            ),
            ("\u{1b}]0;x\u{7}", "\\u{1b}]0;x\\u{7}"),
            ("\u{9b}2J\u{7f}\0", "\\u{9b}2J\\u{7f}\\u{0}"),
            ("a\u{202e}b\u{2066}c\u{2069}", "a\\u{202e}b\\u{2066}c\\u{2069}"),
            ("1\r2\n3\t4\u{2028}", "1\\r2\\n3\\t4\\u{2028}"),
        ] {
            assert_eq!(line(text), shown);
        }
    }
}
