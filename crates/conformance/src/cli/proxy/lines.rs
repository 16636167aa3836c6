//! Shows violations as soon as they are found. A separate thread writes them, so a slow reader delays only
//! them.

use std::io::Write;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::super::out::{stderr, stdout};

/// The lines that wait to be written.
#[derive(Debug)]
pub(super) struct Lines {
    queue: Mutex<Queue>,
    writing: JoinHandle<()>,
}

#[derive(Debug)]
struct Queue {
    sender: Sender<String>,
    /// How many more lines are shown. The queue is limited.
    left: usize,
}

impl Lines {
    /// Starts the writer with a limit of lines. It writes to standard error if standard output is for programs.
    pub(super) fn start(is_for_programs: bool, lines_max: usize) -> Self {
        let (sender, lines) = channel();
        let writing = std::thread::spawn(move || write_all(&lines, is_for_programs));
        Self { queue: Mutex::new(Queue { sender, left: lines_max }), writing }
    }

    /// Shows a line, unless the limit is reached.
    pub(super) fn show(&self, line: impl FnOnce() -> String) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = queue.left.checked_sub(1) {
            queue.left = left;
            // Sending fails only if standard error is closed.
            let _ = queue.sender.send(line());
        }
    }

    /// Waits until all lines are written.
    pub(super) fn end(self) {
        drop(self.queue);
        let _ = self.writing.join();
    }
}

fn write_all(lines: &Receiver<String>, is_for_programs: bool) {
    let write = |line: String| {
        let line = line + "\n";
        if is_for_programs {
            return stderr().write_all(line.as_bytes());
        }
        let mut out = stdout();
        out.write_all(line.as_bytes()).and_then(|()| out.flush())
    };
    while let Ok(line) = lines.recv() {
        if write(line).is_err() {
            return;
        }
    }
}
