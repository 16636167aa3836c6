//! Text of others, such as a file's name, a manifest's words or what a program printed, made safe to show on a
//! terminal.

use std::fmt::{self, Write as _};

/// Whether a terminal may act on a character in place of showing it.
///
/// These are the control characters C0 (newline and tab too), DEL and C1; what changes the direction of text; line
/// and paragraph separators; and characters without a width that hide what stands there.
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

/// A text in which each character that acts on a terminal is an escape as in Rust, `\u{1b}`; a newline, a carriage
/// return and a tab are `\n`, `\r` and `\t`. All else stays as it is, quotes and backslashes too.
///
/// ```
/// assert_eq!(model::visible::line("a\u{1b}[31m \"b\"\n"), "a\\u{1b}[31m \"b\"\\n");
/// ```
#[must_use]
pub fn line(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same of a text of several lines, in which newlines and tabs stay.
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

/// The escape of a character that acts on a terminal.
fn escape(char: char) -> Box<dyn Iterator<Item = char>> {
    match char {
        '\n' | '\r' | '\t' => Box::new(char.escape_default()),
        char => Box::new(char.escape_unicode()),
    }
}

/// Shows a value by [`line`].
#[derive(Debug, Clone, Copy)]
pub struct Line<T>(pub T);

impl<T: fmt::Display> fmt::Display for Line<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.to_string().chars() {
            if acts_on_terminal(char) {
                escape(char).try_for_each(|part| f.write_char(part))?;
            } else {
                f.write_char(char)?;
            }
        }
        Ok(())
    }
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
            assert_eq!(Line(text).to_string(), shown);
        }
    }
}
