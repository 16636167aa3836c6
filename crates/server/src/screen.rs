//! Standard output: one whole line at a time, at once, whichever connection prints it.

use std::io;
use std::sync::{OnceLock, PoisonError, RwLock};

use endpoint::platform;
use rustix::fs::FileType;
use rustix::io::Errno;
use tokio::sync::Mutex;

/// Standard output takes no more. A server whose screen is gone has to end, as the tutorials' do.
#[derive(Debug, thiserror::Error)]
#[error("cannot print")]
pub(crate) struct ScreenLost(#[from] io::Error);

/// Whose turn it is among those who may have to wait for whoever reads the screen.
static TURN: Mutex<()> = Mutex::const_new(());

/// Held by all who write a line in one step, and by one who may need several, alone.
static SCREEN: RwLock<()> = RwLock::new(());

/// `print(text)` of an unbuffered Python: the line is out when this returns, and never mixed with
/// another connection's. Whoever reads the screen may be slow: those who print wait, and nothing
/// else does.
pub(crate) async fn print(text: &str) -> Result<(), ScreenLost> {
    print_line(line(text)).await
}

/// The same of a text that ends in its newline.
pub(crate) async fn print_line(line: String) -> Result<(), ScreenLost> {
    if write_at_once(&line)? {
        return Ok(());
    }
    let turn = TURN.lock().await;
    let printed = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let _alone = SCREEN.write().unwrap_or_else(PoisonError::into_inner);
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

/// Past the standard library's own buffer, which is of no use to whole lines.
fn write(line: &str) -> io::Result<()> {
    let stdout = io::stdout();
    let mut left = line.as_bytes();
    while !left.is_empty() {
        match rustix::io::write(&stdout, left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => left = left.split_at(written).1,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What standard output is, as far as that says whether a write may have to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A file, or `/dev/null`: nobody reads it who could be slow.
    Store,
    Pipe,
    /// A terminal, a socket, or whatever else.
    Other,
}

/// Write a line if that needs no waiting for whoever reads, nor for another line that is half
/// written; otherwise nothing is. A thread that may wait costs several times what the write does.
fn write_at_once(line: &str) -> io::Result<bool> {
    static KIND: OnceLock<Kind> = OnceLock::new();
    let Ok(_with_others) = SCREEN.try_read() else { return Ok(false) };
    match KIND.get_or_init(kind) {
        Kind::Store => write(line).map(|()| true),
        Kind::Pipe => platform::write_if_room(io::stdout(), line.as_bytes()),
        Kind::Other => Ok(false),
    }
}

fn kind() -> Kind {
    let Ok(about) = rustix::fs::fstat(io::stdout()) else { return Kind::Other };
    match FileType::from_raw_mode(about.st_mode) {
        FileType::RegularFile => Kind::Store,
        FileType::Fifo => Kind::Pipe,
        FileType::CharacterDevice if platform::is_null(about.st_rdev) => Kind::Store,
        _ => Kind::Other,
    }
}
