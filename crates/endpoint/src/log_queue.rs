//! A queue of log lines and a thread that writes them, so that no other task waits for a slow reader of
//! the log. The queue has a maximum length. Lines beyond it are lost and counted, except for those of
//! [`never_lost`].

use std::cell::Cell;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

thread_local! {
    static KEPT: Cell<bool> = const { Cell::new(false) };
}

/// Logs lines that must not be lost to earlier ones: a program's last words. They enter a full queue
/// too, so there must be few of them.
pub fn never_lost<T>(log: impl FnOnce() -> T) -> T {
    KEPT.set(true);
    let logged = log();
    KEPT.set(false);
    logged
}

enum Message {
    Line(Vec<u8>),
    End,
}

#[derive(Debug, Default)]
struct Counts {
    waiting: AtomicUsize,
    lost: AtomicUsize,
}

/// Queues lines; one call writes one line.
#[derive(Debug)]
pub(crate) struct Queue {
    max_lines: usize,
    lines: Sender<Message>,
    counts: Arc<Counts>,
}

/// The end of the queue, for the code that ends the program.
#[derive(Debug)]
pub(crate) struct Ending {
    lines: Sender<Message>,
    counts: Arc<Counts>,
    ended: Receiver<()>,
}

/// Queues up to this many lines for this writer. A write error loses the line.
///
/// # Errors
/// The thread can't be started.
pub(crate) fn queue(
    max_lines: usize,
    mut writer: impl Write + Send + 'static,
) -> io::Result<(Queue, Ending)> {
    let (lines, queued) = channel();
    let (tell, ended) = channel();
    let counts = Arc::new(Counts::default());
    let counting = counts.clone();
    let write = move || {
        while let Ok(Message::Line(line)) = queued.recv() {
            let written = writer.write_all(&line);
            counting.waiting.fetch_sub(1, Ordering::Relaxed);
            counting.lost.fetch_add(usize::from(written.is_err()), Ordering::Relaxed);
        }
        let _nobody_waits = tell.send(());
    };
    thread::Builder::new().name("log".to_owned()).spawn(write)?;
    let ending = Ending { lines: lines.clone(), counts: counts.clone(), ended };
    Ok((Queue { max_lines, lines, counts }, ending))
}

impl Ending {
    /// How many lines are lost so far.
    pub(crate) fn lost(&self) -> usize {
        self.counts.lost.load(Ordering::Relaxed)
    }

    /// Waits until the queue is written, at most this long.
    pub(crate) fn wait(&self, timeout: Duration) {
        // An error means that the thread has ended, so there is nothing to wait for.
        let _is_gone = self.lines.send(Message::End);
        let _or_not = self.ended.recv_timeout(timeout);
    }
}

impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let before = self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        let has_place = before < self.max_lines || KEPT.get();
        if !has_place || self.lines.send(Message::Line(line.to_vec())).is_err() {
            self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Queue {
    type Writer = &'w Self;

    fn make_writer(&'w self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_finds_no_place_is_lost_and_counted_and_last_words_are_not() {
        let (mut log, writer) = io::pipe().unwrap();
        let (queue, ending) = queue(10, writer).unwrap();
        let say = |line: &[u8]| (&queue).write_all(line).unwrap();
        // More bytes than a pipe holds, in lines that each fill a large part of it.
        let long = [&[b'x'; 9999][..], b"\n"].concat();
        (0..1000).for_each(|_| say(&long));
        let lost = ending.lost();
        assert!((900..=990).contains(&lost), "{lost}");
        never_lost(|| say(b"sum\n"));
        say(b"one more that is lost\n");
        assert_eq!(ending.lost(), lost + 1);
        let reading = thread::spawn(move || {
            let mut said = Vec::new();
            log.read_to_end(&mut said).map(|_| said)
        });
        ending.wait(Duration::from_secs(30));
        let said = reading.join().unwrap().unwrap();
        assert_eq!(said.len(), (1000 - lost) * long.len() + 4);
        assert!(said.ends_with(b"\nsum\n"));
    }

    #[test]
    fn a_reader_who_never_reads_is_not_waited_for() {
        let (log, writer) = io::pipe().unwrap();
        let (queue, ending) = queue(1000, writer).unwrap();
        (0..100).for_each(|_| (&queue).write_all(&[b'x'; 10_000]).unwrap());
        ending.wait(Duration::from_millis(10));
        drop(log);
    }
}
