//! `framecheck json`: CPython's `json.dumps(json.loads(...))` of the input.

use std::fmt;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use pyjson::{DumpsError, DumpsOptions, LoadsError, LoadsOptions, PyString};

use super::JsonArgs;

/// CPython rejects a text, or refuses to write its value.
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
        // The reader has closed the pipe, as `head` does. The remaining input needs no answer.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        done => Ok(done?),
    }
}

/// The conversion of each text.
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

/// Converts one text. If CPython refuses it, the message goes to standard error and the command fails.
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
            // The exit status also reports the error.
            let _ = writeln!(io::stderr(), "error: {error}");
            Ok(false)
        }
    }
}

/// Converts one text per line. Answers are flushed whenever no more input is buffered, so a program may ask
/// line by line.
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
