//! `framecheck json`: CPython's `json.dumps(json.loads(...))` of what comes in.

use std::fmt;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use pyjson::{DumpsError, DumpsOptions, LoadsError, LoadsOptions, PyString};

use super::JsonArgs;

/// CPython refuses a text, or to write what was in it.
#[derive(Debug)]
enum Refused {
    Loads(LoadsError),
    Dumps(DumpsError),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loads(error) => error.fmt(f),
            Self::Dumps(error) => error.fmt(f),
        }
    }
}

pub(super) fn main(args: &JsonArgs) -> anyhow::Result<bool> {
    let convert = Converter {
        loads: LoadsOptions::new().python(args.python_version),
        dumps: DumpsOptions::new().python(args.python_version),
        decode_first: args.text,
    };
    let stdin = io::stdin().lock();
    let stdout = io::stdout().lock();
    let done = if args.lines {
        every_line(&convert, BufReader::new(stdin), BufWriter::new(stdout)).map(|()| true)
    } else {
        whole(&convert, stdin, stdout)
    };
    match done {
        // A reader that has seen enough, as `head` has: what it doesn't ask for isn't answered.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        done => Ok(done?),
    }
}

/// What is done with each text.
struct Converter {
    loads: LoadsOptions,
    dumps: DumpsOptions,
    decode_first: bool,
}

impl Converter {
    fn convert(&self, text: &[u8]) -> Result<PyString, Refused> {
        let value = if self.decode_first {
            self.loads.loads_py(&PyString::from_surrogateescape(text))
        } else {
            self.loads.loads_bytes(text)
        };
        self.dumps.dumps(&value.map_err(Refused::Loads)?).map_err(Refused::Dumps)
    }
}

/// One text: a refusal goes to standard error, and makes the command fail.
fn whole(convert: &Converter, mut input: impl Read, mut output: impl Write) -> io::Result<bool> {
    let mut text = Vec::new();
    input.read_to_end(&mut text)?;
    match convert.convert(&text) {
        Ok(json) => {
            output.write_all(json.as_generalized_utf8())?;
            output.write_all(b"\n")?;
            Ok(true)
        }
        Err(error) => {
            // The status says it too.
            let _ = writeln!(io::stderr(), "error: {error}");
            Ok(false)
        }
    }
}

/// A text a line. An answer is held back only while more lines are at hand, so that a program may
/// ask line by line.
fn every_line(
    convert: &Converter,
    mut input: BufReader<impl Read>,
    mut output: impl Write,
) -> io::Result<()> {
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        match convert.convert(line.strip_suffix(b"\n").unwrap_or(&line)) {
            Ok(json) => {
                output.write_all(json.as_generalized_utf8())?;
                output.write_all(b"\n")?;
            }
            Err(error) => writeln!(output, "error: {error}")?,
        }
        line.clear();
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()
}
