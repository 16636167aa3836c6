//! Standard output: one whole line at a time, at once, whichever connection prints it.

use std::io::{self, Write};

use tokio::sync::Mutex;

/// Standard output takes no more. A server whose screen is gone has to end, as the tutorials' do.
#[derive(Debug, thiserror::Error)]
#[error("cannot print")]
pub(crate) struct ScreenLost(#[from] io::Error);

static TURN: Mutex<()> = Mutex::const_new(());

/// `print(text)` of an unbuffered Python: the line is out when this returns, and never mixed with
/// another connection's. Whoever reads the screen may be slow: those who print wait, and nothing
/// else does.
pub(crate) async fn print(text: &str) -> Result<(), ScreenLost> {
    let line = line(text);
    let turn = TURN.lock().await;
    let printed = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        write(&line)
    });
    Ok(printed.await.map_err(io::Error::from)??)
}

/// The same for a program that has no connections and may wait.
pub(crate) fn print_now(text: &str) -> Result<(), ScreenLost> {
    Ok(write(&line(text))?)
}

fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 1);
    line.push_str(text);
    line.push('\n');
    line
}

fn write(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.flush()
}
