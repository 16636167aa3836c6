//! `print()` and `input()` of a program run as `python3 -u`.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};

use pyjson::PyString;

use crate::encode::{UnicodeEncodeError, encode_surrogateescape};
use crate::line::Line;
use crate::reader::LineReader;
use crate::terminal::TerminalReader;

/// `print(text)`: the text and `\n`, flushed.
///
/// The line goes out in one write, so that lines of several threads or processes do not mix. CPython
/// run with `-u` writes the `\n` separately. The bytes are the same.
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
/// The writer's error. Rust programs ignore `SIGPIPE` as Python does, so a reader that has gone
/// causes [`io::ErrorKind::BrokenPipe`], Python's `BrokenPipeError`.
pub fn print_line(out: &mut impl Write, text: &str) -> io::Result<()> {
    write_line(out, text.as_bytes())
}

fn write_line(out: &mut impl Write, text: &[u8]) -> io::Result<()> {
    out.write_all(&[text, b"\n"].concat())?;
    out.flush()
}

/// A program's standard input and output, and at a terminal its standard error.
///
/// Python's `input()` is two functions. If standard input and standard output are both terminals, it
/// shows the prompt on standard error, wherever that goes, and reads like [`TerminalReader`].
/// Otherwise it shows the prompt on standard output and reads like [`LineReader`]. Only the program
/// knows its streams: see [`std::io::IsTerminal`].
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
pub struct Console<R, W, E = io::Sink> {
    stdin: Stdin<R>,
    stdout: W,
    stderr: E,
}

#[derive(Debug)]
enum Stdin<R> {
    Stream(LineReader<R>),
    Terminal(TerminalReader<R>),
}

impl<R: Read, W: Write> Console<R, W> {
    /// A console that is not a terminal, before any reading.
    pub fn new(stdin: R, stdout: W) -> Self {
        Self::with_stderr(stdin, stdout, io::sink(), false)
    }
}

impl<R: Read, W: Write, E: Write> Console<R, W, E> {
    /// A console before any reading. `at_terminal` says whether standard input and standard output
    /// are both terminals. If they are not, the console does not use standard error.
    ///
    /// ```
    /// use pytext::Console;
    ///
    /// let (mut screen, mut prompts) = (Vec::new(), Vec::new());
    /// let mut console = Console::with_stderr(&b"ring\r\n"[..], &mut screen, &mut prompts, true);
    /// let line = console.input("> ")?.unwrap();
    /// console.print(&line.repr())?;
    /// assert_eq!((&*screen, &*prompts), (&b"'ring'\n"[..], &b"> "[..]));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn with_stderr(stdin: R, stdout: W, stderr: E, at_terminal: bool) -> Self {
        let stdin = if at_terminal {
            Stdin::Terminal(TerminalReader::new(stdin))
        } else {
            Stdin::Stream(LineReader::new(stdin))
        };
        Self { stdin, stdout, stderr }
    }

    /// `input(prompt)`: shows the prompt, flushes, reads a line. `None` is `EOFError`.
    ///
    /// # Errors
    ///
    /// The error of the output or the input; after an error of the output, the input is untouched. At
    /// a terminal Python ignores the errors of all streams: a prompt that can't be shown is skipped,
    /// and input that can't be read has ended. But a prompt there must not contain a NUL
    /// ([`ErrorKind::InvalidInput`], 3.13's `ValueError`; before, the prompt ends at it).
    pub fn input(&mut self, prompt: &str) -> io::Result<Option<Line>> {
        self.ask(prompt.as_bytes())
    }

    /// [`input`](Self::input) with a prompt that may contain surrogates.
    ///
    /// # Errors
    ///
    /// Those of [`print_str`](Self::print_str) and of [`input`](Self::input). If the prompt can't be
    /// encoded, this shows nothing and reads nothing.
    pub fn input_str(&mut self, prompt: &PyString) -> Result<Option<Line>, ConsoleError> {
        Ok(self.ask(&encode_surrogateescape(prompt)?)?)
    }

    /// `print(text)`, as [`print_line`].
    ///
    /// # Errors
    ///
    /// The output's error.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        print_line(&mut self.stdout, text)
    }

    /// `print(text)` of any `str`, such as a name from a JSON dict.
    ///
    /// ```
    /// let mut screen = Vec::new();
    /// let mut console = pytext::Console::new(&b""[..], &mut screen);
    /// let name = |json| pyjson::loads(json).unwrap().into_py_string().unwrap();
    /// console.print_str(&name(r#""caf\udce9""#))?;
    /// let error = console.print_str(&name(r#""\ud800""#)).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "'utf-8' codec can't encode character '\\ud800' in position 0: surrogates not allowed"
    /// );
    /// assert_eq!(screen, b"caf\xe9\n");
    /// # Ok::<(), pytext::ConsoleError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConsoleError::Encode`] for a surrogate that stands for no byte; then this writes nothing,
    /// not even the `\n`. [`ConsoleError::Io`] for the output's error.
    pub fn print_str(&mut self, text: &PyString) -> Result<(), ConsoleError> {
        Ok(self.print_bytes(&encode_surrogateescape(text)?)?)
    }

    /// `print(text)` of a `str` with surrogate escapes, such as a [`Line`]. stdout has
    /// `surrogateescape` where stdin has it, and writes each escape as the byte it stands for.
    ///
    /// # Errors
    ///
    /// The output's error.
    pub fn print_bytes(&mut self, text: &[u8]) -> io::Result<()> {
        write_line(&mut self.stdout, text)
    }

    fn ask(&mut self, prompt: &[u8]) -> io::Result<Option<Line>> {
        match &mut self.stdin {
            Stdin::Stream(stdin) => {
                self.stdout.write_all(prompt)?;
                self.stdout.flush()?;
                stdin.read_line()
            }
            Stdin::Terminal(stdin) => {
                let _ = self.stdout.flush();
                if prompt.contains(&0) {
                    let what = "input: prompt string cannot contain null characters";
                    return Err(io::Error::new(ErrorKind::InvalidInput, what));
                }
                let _ = self.stderr.write_all(prompt).and_then(|()| self.stderr.flush());
                Ok(stdin.read_line())
            }
        }
    }
}

/// Why a `str` was not printed.
#[derive(Debug)]
pub enum ConsoleError {
    /// Standard output's codec refuses it: Python's `UnicodeEncodeError`, with its text.
    Encode(UnicodeEncodeError),
    /// The streams' error, as [`Console::input`] and [`Console::print`] return it.
    Io(io::Error),
}

impl fmt::Display for ConsoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

/// Each variant displays as the error it wraps, and so has only that error's source.
impl std::error::Error for ConsoleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Encode(error) => error.source(),
            Self::Io(error) => error.source(),
        }
    }
}

impl From<UnicodeEncodeError> for ConsoleError {
    fn from(error: UnicodeEncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<io::Error> for ConsoleError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
