//! Standard output, for as long as anybody reads it.

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

fn unless_unheard<T>(done: io::Result<T>, dropped: T) -> io::Result<T> {
    match done {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(dropped),
        done => done,
    }
}
