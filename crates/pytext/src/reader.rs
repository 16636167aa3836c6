//! `sys.stdin` as `input()` reads it where it is no terminal: universal newlines over chunks.

use std::io::{self, ErrorKind, Read};

use crate::line::Line;

/// How much one read asks for, in bytes: `TextIOWrapper._CHUNK_SIZE`.
const CHUNK: usize = 8192;

/// Cuts a byte stream into lines as `io.TextIOWrapper` does with `newline=None`.
///
/// `\n`, `\r` and `\r\n` each end a line and are left out of it. Nothing else does: not U+0085,
/// not U+2028. The last line needs no end. A line may be as long as memory allows.
///
/// A `\r` that is the last thing read does not yet end its line: as in CPython the reader waits
/// for the next character, to see whether it is the `\n` that belongs to it, or for the end.
///
/// ```
/// let mut reader = pytext::LineReader::new(&b"one\r\ntwo\rthree"[..]);
/// assert_eq!(reader.read_line()?.unwrap(), "one");
/// assert_eq!(reader.read_line()?.unwrap(), "two");
/// assert_eq!(reader.read_line()?.unwrap(), "three");
/// assert_eq!(reader.read_line()?, None);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct LineReader<R> {
    source: R,
    /// Bytes read and in no line yet.
    pending: Vec<u8>,
}

impl<R: Read> LineReader<R> {
    /// A reader with nothing read.
    pub fn new(source: R) -> Self {
        Self { source, pending: Vec::new() }
    }

    /// The next line without its end, or `None` at the end of input, where `input()` raises
    /// `EOFError`.
    ///
    /// Like Python's it reads only while it has no whole line, and asks again when called after
    /// the end, which on a terminal or a FIFO may not have been the last.
    ///
    /// # Errors
    ///
    /// What the source reports; an interrupted read is repeated. Nothing read is lost.
    pub fn read_line(&mut self) -> io::Result<Option<Line>> {
        // Bytes that hold no line end.
        let mut searched = 0;
        loop {
            if let Some(found) = find_end(&self.pending, searched) {
                if found.certain {
                    return Ok(Some(self.take(found)));
                }
                searched = found.line;
            } else {
                searched = self.pending.len();
            }
            if self.fill()? == 0 {
                return Ok(self.take_last());
            }
        }
    }

    /// The next line once the source has nothing more.
    fn take_last(&mut self) -> Option<Line> {
        match find_end(&self.pending, 0) {
            Some(found) => Some(self.take(found)),
            None if self.pending.is_empty() => None,
            None => Some(Line::from(std::mem::take(&mut self.pending))),
        }
    }

    fn take(&mut self, end: LineEnd) -> Line {
        let mut line: Vec<u8> = self.pending.drain(..end.next).collect();
        line.truncate(end.line);
        Line::from(line)
    }

    /// One read's worth more; 0 at the end.
    fn fill(&mut self) -> io::Result<usize> {
        let mut chunk = [0; CHUNK];
        loop {
            match self.source.read(&mut chunk) {
                Ok(count) => {
                    self.pending.extend(chunk.iter().take(count));
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Where a line ends. Offsets in bytes.
struct LineEnd {
    /// Of the first byte of the line's end.
    line: usize,
    /// Of the first byte of the next line.
    next: usize,
    /// False for a `\r` whose next character is not there.
    certain: bool,
}

fn find_end(bytes: &[u8], from: usize) -> Option<LineEnd> {
    let after = bytes.get(from..)?;
    let line = from.saturating_add(after.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?);
    let next = line.saturating_add(1);
    match bytes.get(line..)? {
        [b'\r', b'\n', ..] => Some(LineEnd { line, next: next.saturating_add(1), certain: true }),
        [b'\r', rest @ ..] => Some(LineEnd { line, next, certain: has_character(rest) }),
        _ => Some(LineEnd { line, next, certain: true }),
    }
}

/// Whether the incremental UTF-8 decoder gives out a character, be it an escape, for these bytes.
/// It keeps back the beginning of one that the next bytes may complete.
fn has_character(bytes: &[u8]) -> bool {
    let first = bytes.get(..4).unwrap_or(bytes);
    match std::str::from_utf8(first) {
        Ok(text) => !text.is_empty(),
        Err(error) => error.valid_up_to() > 0 || error.error_len().is_some(),
    }
}
