//! What a command prints, until its reader closes the pipe.
//!
//! Much of the output comes from manifests, protocol files, peers and file names. All of it reaches a terminal
//! as plain text only: see [`visible::printed`].

use std::fmt::Display;
use std::io::{self, ErrorKind, Stderr, Stdout, Write};

use model::visible;

/// Standard output, for text and JSON. Escapes the characters that control a terminal. If the reader closes the
/// pipe, as `head` does, the rest of the output is dropped; the command's work and exit status stay the same.
pub(super) fn stdout() -> Printed<Heard<Stdout>> {
    Printed::to(raw_stdout(), console::colors_enabled())
}

/// Standard output, for bytes that a program reads unchanged: a capture, a script.
pub(super) fn raw_stdout() -> Heard<Stdout> {
    Heard { out: io::stdout() }
}

/// Standard error, escaped as in [`stdout`].
pub(super) fn stderr() -> Printed<Stderr> {
    Printed::to(io::stderr(), console::colors_enabled_stderr())
}

/// Writes a message for the user to standard error. Ignores a write error: the exit status stays the same.
pub(super) fn say(what: impl Display) {
    let _ = writeln!(Printed::to(io::stderr(), false), "framecheck: {what}");
}

/// See [`stdout`]. It writes whole lines; on a flush, all that it has.
#[derive(Debug)]
pub(super) struct Printed<W: Write> {
    out: W,
    may_colour: bool,
    /// The text after the last newline.
    begun: Vec<u8>,
}

impl<W: Write> Printed<W> {
    const fn to(out: W, may_colour: bool) -> Self {
        Self { out, may_colour, begun: Vec::new() }
    }

    fn print(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(visible::printed(bytes, self.may_colour).as_bytes())
    }
}

impl<W: Write> Write for Printed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            None => self.begun.extend(bytes),
            Some(last) => {
                let (lines, rest) = bytes.split_at(last + 1);
                let mut whole = std::mem::replace(&mut self.begun, rest.to_vec());
                whole.extend(lines);
                self.print(&whole)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let begun = std::mem::take(&mut self.begun);
        self.print(&begun)?;
        self.out.flush()
    }
}

impl<W: Write> Drop for Printed<W> {
    fn drop(&mut self) {
        // A caller that needs the error calls flush itself.
        let _ = self.flush();
    }
}

/// Drops the output once its reader has closed the pipe.
#[derive(Debug)]
pub(super) struct Heard<W> {
    out: W,
}

impl<W: Write> Write for Heard<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_unheard(self.out.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_unheard(self.out.flush(), ())
    }
}

fn unless_unheard<T>(done: io::Result<T>, dropped: T) -> io::Result<T> {
    match done {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(dropped),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_is_printed_however_it_is_cut() {
        let text =
            "粘包\t\u{1b}]0;x\u{7}\u{9b}2J \u{202e}a\n\u{1b}[31mred\u{1b}[0m\r\nno end\u{7f}";
        for (may_colour, second) in
            [(false, "\\u001b[31mred\\u001b[0m"), (true, "\u{1b}[31mred\u{1b}[0m")]
        {
            for cut in 1..9 {
                let mut shown = Vec::new();
                let mut out = Printed::to(&mut shown, may_colour);
                text.as_bytes().chunks(cut).for_each(|piece| out.write_all(piece).unwrap());
                drop(out);
                let first = "粘包\t\\u001b]0;x\\u0007\\u009b2J \\u202ea";
                let right = format!("{first}\n{second}\\u000d\nno end\\u007f");
                assert_eq!(String::from_utf8(shown).unwrap(), right, "{cut}");
            }
        }
    }
}
