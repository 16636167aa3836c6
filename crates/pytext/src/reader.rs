//! `sys.stdin` as `input()` reads it if it is not a terminal.

use std::io::{self, ErrorKind, Read};

use crate::line::Line;

/// How many bytes one read asks for: `TextIOWrapper._CHUNK_SIZE`.
const CHUNK: usize = 8192;

/// Cuts a byte stream into lines as CPython's `sys.stdin` does on Unix.
///
/// Only `\n` ends a line. A `\r` before it stays, like any other: CPython opens a file with
/// universal newlines but its own stdin with `newline="\n"` (`create_stdio` in
/// `Python/pylifecycle.c`), except on Windows. The last line needs no end. A line may be as long
/// as memory allows.
///
/// ```
/// let mut reader = pytext::LineReader::new(&b"one\r\n\ntwo\rthree"[..]);
/// assert_eq!(reader.read_line()?.unwrap(), "one\r");
/// assert_eq!(reader.read_line()?.unwrap(), "");
/// assert_eq!(reader.read_line()?.unwrap(), "two\rthree");
/// assert_eq!(reader.read_line()?, None);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct LineReader<R> {
    input: Pending<R>,
}

impl<R: Read> LineReader<R> {
    /// A reader before any reading.
    pub fn new(source: R) -> Self {
        Self { input: Pending::new(source) }
    }

    /// The source of the lines. Bytes that it has given may not be part of a returned line yet.
    pub fn get_ref(&self) -> &R {
        &self.input.source
    }

    /// The next line without its `\n`, or `None` at the end of input, where `input()` raises
    /// `EOFError`.
    ///
    /// Like Python's, it reads only while it has no whole line. Called again after the end, it
    /// reads again: on a terminal or a FIFO there may be more.
    ///
    /// # Errors
    ///
    /// The source's error; an interrupted read is repeated. Bytes that were read are not lost.
    pub fn read_line(&mut self) -> io::Result<Option<Line>> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.input.line_end(searched) {
                let mut line: Vec<u8> = self.input.bytes.drain(..=at).collect();
                line.truncate(at);
                return Ok(Some(Line::from(line)));
            }
            searched = self.input.bytes.len();
            if self.input.fill()? == 0 {
                let last = std::mem::take(&mut self.input.bytes);
                return Ok((!last.is_empty()).then(|| Line::from(last)));
            }
        }
    }
}

/// A source, and the bytes read from it that are not in a line yet.
#[derive(Debug)]
pub(crate) struct Pending<R> {
    source: R,
    bytes: Vec<u8>,
}

impl<R: Read> Pending<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, bytes: Vec::new() }
    }

    /// Takes bytes up to and including the first `\n`, but no more than `most` bytes.
    pub(crate) fn take_line(&mut self, most: usize) -> impl Iterator<Item = u8> + '_ {
        let behind = self.line_end(0).map_or(self.bytes.len(), |at| at.saturating_add(1));
        self.bytes.drain(..behind.min(most))
    }

    /// Reads once more; 0 at the end.
    pub(crate) fn fill(&mut self) -> io::Result<usize> {
        let mut chunk = [0; CHUNK];
        loop {
            match self.source.read(&mut chunk) {
                Ok(count) => {
                    self.bytes.extend(chunk.iter().take(count));
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The place of the first `\n` at or after this place.
    fn line_end(&self, from: usize) -> Option<usize> {
        let at = self.bytes.iter().skip(from).position(|&byte| byte == b'\n')?;
        Some(from.saturating_add(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One item per read.
    struct Script(std::vec::IntoIter<Result<&'static [u8], ErrorKind>>);

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let bytes = self.0.next().unwrap_or(Ok(b""))?;
            buffer[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        }
    }

    fn reader(reads: Vec<Result<&'static [u8], ErrorKind>>) -> LineReader<Script> {
        LineReader::new(Script(reads.into_iter()))
    }

    #[test]
    fn an_interrupted_read_is_repeated() {
        let mut reader = reader(vec![Ok(b"ri"), Err(ErrorKind::Interrupted), Ok(b"ng\n")]);
        assert_eq!(reader.read_line().unwrap().unwrap(), "ring");
    }

    #[test]
    fn an_error_loses_nothing_that_was_read() {
        let mut reader = reader(vec![Ok(b"ri"), Err(ErrorKind::TimedOut), Ok(b"ng\n")]);
        assert_eq!(reader.read_line().unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(reader.read_line().unwrap().unwrap(), "ring");
    }

    #[test]
    fn the_end_of_input_ends_a_line_and_is_asked_for_again() {
        let mut reader = reader(vec![Ok(b"ri"), Ok(b""), Ok(b""), Ok(b"ng")]);
        assert_eq!(reader.read_line().unwrap().unwrap(), "ri");
        assert_eq!(reader.read_line().unwrap(), None);
        assert_eq!(reader.read_line().unwrap().unwrap(), "ng");
        assert_eq!(reader.read_line().unwrap(), None);
    }
}
