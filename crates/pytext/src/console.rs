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

/// A program's standard input and output, and at a terminal its standard error.
///
/// Python's `input()` is two functions. Where standard input and standard output are both terminals
/// it shows the prompt on standard error, wherever that goes, and reads as [`TerminalReader`] does;
/// where one of them is not, it shows the prompt on standard output and reads as [`LineReader`]
/// does. Only the program knows what its streams are: [`std::io::IsTerminal`] says.
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
    /// A console that is no terminal, of which nothing has been read.
    pub fn new(stdin: R, stdout: W) -> Self {
        Self::with_stderr(stdin, stdout, io::sink(), false)
    }
}

impl<R: Read, W: Write, E: Write> Console<R, W, E> {
    /// A console of which nothing has been read; `at_terminal` is whether standard input and
    /// standard output are both terminals. Where they are not, standard error is left alone.
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
    /// What the output or the input reports; an output's error leaves the input untouched. At a
    /// terminal Python asks none of the streams how it went, so there is no such error: a prompt
    /// that can't be shown is not, and input that can't be read has ended. But a prompt there must
    /// have no NUL ([`ErrorKind::InvalidInput`], 3.13's `ValueError`; before, the prompt ends at it).
    pub fn input(&mut self, prompt: &str) -> io::Result<Option<Line>> {
        self.ask(prompt.as_bytes())
    }

    /// [`input`](Self::input) with a prompt that may have surrogates in it.
    ///
    /// # Errors
    ///
    /// As [`print_str`](Self::print_str), and as [`input`](Self::input); where the prompt can't be
    /// encoded nothing is shown and nothing is read.
    pub fn input_str(&mut self, prompt: &PyString) -> Result<Option<Line>, ConsoleError> {
        Ok(self.ask(&encode_surrogateescape(prompt)?)?)
    }

    /// `print(text)`, as [`print_line`].
    ///
    /// # Errors
    ///
    /// What the output reports.
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
    /// [`ConsoleError::Encode`] for a surrogate that stands for no byte; then nothing is written, no
    /// `\n` either. [`ConsoleError::Io`] for what the output reports.
    pub fn print_str(&mut self, text: &PyString) -> Result<(), ConsoleError> {
        Ok(self.print_bytes(&encode_surrogateescape(text)?)?)
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

/// Why a `str` was not shown.
#[derive(Debug)]
pub enum ConsoleError {
    /// Standard output's codec refuses it: Python's `UnicodeEncodeError`, with its text.
    Encode(UnicodeEncodeError),
    /// The streams, as [`Console::input`] and [`Console::print`] report it.
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

/// Each is shown as what it wraps, and so has only that one's source.
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
