//! Standard output: one whole line at a time, at once, whichever connection prints it.

use std::io;
use std::sync::OnceLock;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use tokio::sync::Mutex;

/// Standard output takes no more. A server whose screen is gone has to end, as the tutorials' do.
#[derive(Debug, thiserror::Error)]
#[error("cannot print")]
pub(crate) struct ScreenLost(#[from] io::Error);

static TURN: Mutex<()> = Mutex::const_new(());

/// So much fits into a pipe that says it has room (`PIPE_BUF` of Linux).
const PIPE_ROOM_BYTES: usize = 4096;

/// `print(text)` of an unbuffered Python: the line is out when this returns, and never mixed with
/// another connection's. Whoever reads the screen may be slow: those who print wait, and nothing
/// else does.
pub(crate) async fn print(text: &str) -> Result<(), ScreenLost> {
    print_line(line(text)).await
}

/// The same of a text that ends in its newline.
pub(crate) async fn print_line(line: String) -> Result<(), ScreenLost> {
    let turn = TURN.lock().await;
    if takes_at_once(line.len()) {
        return Ok(write(&line)?);
    }
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

/// Past the standard library's own buffer, which is of no use to whole lines.
fn write(line: &str) -> io::Result<()> {
    let stdout = io::stdout();
    let mut left = line.as_bytes();
    while !left.is_empty() {
        match rustix::io::write(&stdout, left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => left = left.split_at(written).1,
            Err(rustix::io::Errno::INTR) => {}
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

/// Whether a line of so many bytes can be written without waiting for whoever reads. A thread that
/// may wait costs several times what the write does.
fn takes_at_once(len: usize) -> bool {
    static KIND: OnceLock<Kind> = OnceLock::new();
    match KIND.get_or_init(kind) {
        Kind::Store => true,
        Kind::Pipe if len <= PIPE_ROOM_BYTES => {
            let stdout = io::stdout();
            let mut screen = [PollFd::new(&stdout, PollFlags::OUT)];
            let now = Timespec { tv_sec: 0, tv_nsec: 0 };
            // A pipe that nobody reads any more is ready, too: to say so.
            poll(&mut screen, Some(&now)).is_ok_and(|ready| ready == 1)
        }
        Kind::Pipe | Kind::Other => false,
    }
}

fn kind() -> Kind {
    let Ok(about) = rustix::fs::fstat(io::stdout()) else { return Kind::Other };
    match FileType::from_raw_mode(about.st_mode) {
        FileType::RegularFile => Kind::Store,
        FileType::Fifo => Kind::Pipe,
        FileType::CharacterDevice if is_null(about.st_rdev) => Kind::Store,
        _ => Kind::Other,
    }
}

/// Device 1:3 of Linux's list.
fn is_null(device: u64) -> bool {
    (rustix::fs::major(device), rustix::fs::minor(device)) == (1, 3)
}
