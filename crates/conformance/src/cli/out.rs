//! What a command prints, for as long as anybody reads it.

use std::fmt::Display;
use std::io::{self, ErrorKind, Stdout, Write};

/// Standard output. A reader that has seen enough, as `head` has, changes nothing about what a command
/// does and how it ends: what would be written from then on is dropped.
pub(super) fn stdout() -> Heard<Stdout> {
    Heard { out: io::stdout() }
}

/// See [`stdout`].
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

/// Tell the user something beside the command's output. Where that can't be written, there is nobody to
/// tell, and the exit status says what it says.
pub(super) fn say(what: impl Display) {
    let _ = writeln!(io::stderr(), "framecheck: {what}");
}

fn unless_unheard<T>(done: io::Result<T>, dropped: T) -> io::Result<T> {
    match done {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(dropped),
        done => done,
    }
}
