//! Standard output: prints one whole line at a time, at once, from any connection.

use std::io;
use std::sync::{OnceLock, PoisonError, RwLock};

use endpoint::platform;
use rustix::fs::FileType;
use rustix::io::Errno;
use tokio::sync::Mutex;

/// Standard output accepts no more. A server without output has to end, as the tutorials' servers
/// do.
#[derive(Debug, thiserror::Error)]
#[error("cannot print")]
pub(crate) struct ScreenLost(#[from] io::Error);

/// Orders the writers that may have to wait for a slow reader of standard output.
static TURN: Mutex<()> = Mutex::const_new(());

/// Writers of a line in one step share this lock; a writer that may need several steps holds it
/// alone.
static SCREEN: RwLock<()> = RwLock::new(());

/// Prints like `print(text)` of an unbuffered Python: the line is written when this returns, and
/// never mixed with another connection's. The reader of standard output may be slow: then only
/// the tasks that print wait.
pub(crate) async fn print(text: &str) -> Result<(), ScreenLost> {
    print_line(line(text)).await
}

/// The same for a text that already ends in its newline.
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

/// The same for a program that has no connections and so may block.
pub(crate) fn print_now(text: &str) -> Result<(), ScreenLost> {
    Ok(write(&line(text))?)
}

fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 1);
    line.push_str(text);
    line.push('\n');
    line
}

/// Bypasses the standard library's buffer, which has no use for whole lines.
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

/// The kind of standard output: it decides whether a write may have to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A file, or `/dev/null`: it has no reader that could be slow.
    Store,
    Pipe,
    /// A terminal, a socket, or anything else.
    Other,
}

/// Writes a line if it need not wait for the reader or for another half-written line; otherwise
/// it writes nothing. A thread that may block costs several times as much as the write.
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
