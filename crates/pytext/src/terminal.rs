//! `sys.stdin` as `input()` reads it at a terminal.

use std::io::{self, Read};

use crate::line::Line;
use crate::reader::Pending;

/// How many bytes the first `fgets` of a line may store, its NUL included.
const FIRST: usize = 100;

/// Cuts a terminal's input into lines like `input()` when standard input and output are both
/// terminals and `readline` is not imported, as in a plain run of a program.
///
/// CPython then bypasses its own `sys.stdin` and reads with C's `fgets` (`PyOS_StdioReadline` in
/// `Parser/myreadline.c`, `builtin_input_impl` in `Python/bltinmodule.c`). The result differs from
/// [`LineReader`](crate::LineReader):
///
/// - `\r\n` ends a line as `\n` does.
/// - The end of input, Ctrl-D, in the middle of a line ends the line only at the third time: the
///   first makes the terminal deliver what was typed so far, the second ends the first read, the
///   third ends the next. The line's last byte is then taken for its `\n` and lost.
/// - A NUL hides what follows it in the same read of a line, its `\n` too: the next line is
///   appended. Such a read holds 99 bytes at first, and later one more than the line has.
/// - Input that can't be read, because the terminal is gone, is the end of input.
///
/// This holds from 3.8 to 3.13. In 3.6 and 3.7 a NUL at the start of a line is the end of input.
///
/// ```
/// let mut reader = pytext::TerminalReader::new(&b"one\r\n\ntwo\0\nthree\n"[..]);
/// assert_eq!(reader.read_line().unwrap(), "one");
/// assert_eq!(reader.read_line().unwrap(), "");
/// assert_eq!(reader.read_line().unwrap(), "twothree");
/// assert_eq!(reader.read_line(), None);
/// ```
#[derive(Debug)]
pub struct TerminalReader<R> {
    input: Pending<R>,
}

impl<R: Read> TerminalReader<R> {
    /// A reader before any reading. The source returns what a read of the terminal returns: in its
    /// usual mode at most a line, and nothing for a Ctrl-D with nothing before it.
    pub fn new(source: R) -> Self {
        Self { input: Pending::new(source) }
    }

    /// The next line without its end, or `None` where `input()` raises `EOFError`. Asked again, it
    /// reads again.
    pub fn read_line(&mut self) -> Option<Line> {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            // One of the bytes that fgets may store is the NUL that it adds.
            let most = if line.is_empty() { FIRST } else { line.len().saturating_add(2) } - 1;
            let Ok(Some(read)) = self.fgets(most) else { break };
            line.extend(read.into_iter().take_while(|&byte| byte != 0));
        }
        // Removes any last byte: at the end of input it is not `\n`.
        line.pop()?;
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(Line::from(line))
    }

    /// C's `fgets`: up to a line's end or the end of input, and at most this many bytes. `None` if
    /// nothing comes before the end of input.
    fn fgets(&mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        let mut read = Vec::new();
        loop {
            let room = most.saturating_sub(read.len());
            read.extend(self.input.take_line(room));
            if read.len() == most || read.last() == Some(&b'\n') {
                return Ok(Some(read));
            }
            if self.input.fill()? == 0 {
                return Ok((!read.is_empty()).then_some(read));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal that is gone: reading it is an error.
    struct Gone;

    impl Read for Gone {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }

    #[test]
    fn what_cannot_be_read_is_the_end_of_input() {
        assert_eq!(TerminalReader::new(Gone).read_line(), None);
        let mut reader = TerminalReader::new(b"one\n".chain(Gone));
        assert_eq!(reader.read_line().unwrap(), "one");
        assert_eq!(reader.read_line(), None);
    }
}
