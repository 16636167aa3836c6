//! Standard output: one whole line at a time, at once, whichever connection prints it.

use std::io::{self, Write};

/// `print(text)` of an unbuffered Python: the line is out when this returns, and never mixed with
/// another connection's.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut line = String::with_capacity(text.len() + 1);
    line.push_str(text);
    line.push('\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.flush()
}
