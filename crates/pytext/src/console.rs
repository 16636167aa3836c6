//! `print()` and `input()` of a program run as `python3 -u`.

use std::io::{self, Read, Write};

use crate::line::Line;
use crate::reader::LineReader;

/// `print(text)`: the text and `\n`, flushed.
///
/// The line goes out in one write, so that lines of several threads or processes do not mix;
/// CPython run with `-u` writes the `\n` by itself. The bytes are the same.
///
/// ```
/// let mut out = Vec::new();
/// pytext::print_line(&mut out, "Server listening")?;
/// assert_eq!(out, b"Server listening\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// What the writer reports. Rust programs ignore `SIGPIPE` as Python does, so a reader that went
/// away is [`io::ErrorKind::BrokenPipe`], Python's `BrokenPipeError`.
pub fn print_line(out: &mut impl Write, text: &str) -> io::Result<()> {
    write_line(out, text.as_bytes())
}

fn write_line(out: &mut impl Write, text: &[u8]) -> io::Result<()> {
    out.write_all(&[text, b"\n"].concat())?;
    out.flush()
}

/// A program's standard input and output, where the input is no terminal.
///
/// On a terminal CPython's `input()` is another function: a line editor reads the line, and shows
/// the prompt on stderr where stdout is a terminal too and `readline` was not imported.
///
/// ```
/// use pytext::Console;
///
/// let mut screen = Vec::new();
/// let mut console = Console::new(&b"ring\n"[..], &mut screen);
/// let line = console.input("> ")?.unwrap();
/// console.print(&format!("sent {}", line.repr()))?;
/// assert_eq!(console.input("> ")?, None);
/// assert_eq!(screen, b"> sent 'ring'\n> ");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Console<R, W> {
    stdin: LineReader<R>,
    stdout: W,
}

impl<R: Read, W: Write> Console<R, W> {
    /// A console of which nothing has been read.
    pub fn new(stdin: R, stdout: W) -> Self {
        Self { stdin: LineReader::new(stdin), stdout }
    }

    /// `input(prompt)`: shows the prompt, flushes, reads a line. `None` is `EOFError`.
    ///
    /// # Errors
    ///
    /// What the output or the input reports; an output's error leaves the input untouched.
    pub fn input(&mut self, prompt: &str) -> io::Result<Option<Line>> {
        self.stdout.write_all(prompt.as_bytes())?;
        self.stdout.flush()?;
        self.stdin.read_line()
    }

    /// `print(text)`, as [`print_line`].
    ///
    /// # Errors
    ///
    /// What the output reports.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        print_line(&mut self.stdout, text)
    }

    /// `print(text)` of a `str` with surrogate escapes in it, such as a [`Line`]: stdout has
    /// `surrogateescape` where stdin has it, and each escape goes out as the byte it stands for.
    ///
    /// # Errors
    ///
    /// What the output reports.
    pub fn print_bytes(&mut self, text: &[u8]) -> io::Result<()> {
        write_line(&mut self.stdout, text)
    }
}
