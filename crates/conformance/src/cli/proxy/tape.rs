//! The capture of the traffic. Connections make packets in memory; a thread writes them to the file.
//!
//! The queue is limited. If the disk is too slow, connections wait for it. If it fails, they continue without a
//! capture, and the command reports this.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use report::{LiveCapture, Side};

use super::super::out::say;

/// How many bytes are written at once, if that many wait.
const BLOCK_BYTES: usize = 256 << 10;
/// How many blocks may wait.
const BLOCKS_MAX: usize = 16;
/// With little traffic, packets are in the file within this time.
const WRITTEN_WITHIN: Duration = Duration::from_millis(200);

const PLAIN: &[Side] = &[("client-server", "what the client and the server sent")];
const DISTURBED: &[Side] = &[
    ("client-proxy", "what the client sent and received"),
    ("proxy-server", "what the server sent and received"),
];

/// A capture that is being written.
#[derive(Debug)]
pub(super) struct Tape {
    capture: Arc<Mutex<LiveCapture<Vec<u8>>>>,
    has_failed: Arc<AtomicBool>,
    blocks: SyncSender<Vec<u8>>,
    writing: JoinHandle<io::Result<()>>,
}

impl Tape {
    /// Starts a capture. It has both sides of the proxy if they differ.
    pub(super) fn start(
        file: File,
        name: String,
        about: String,
        disturbs: bool,
    ) -> io::Result<Self> {
        let sides = if disturbs { DISTURBED } else { PLAIN };
        let capture = Arc::new(Mutex::new(LiveCapture::new(Vec::new(), about, sides)?));
        let has_failed = Arc::new(AtomicBool::new(false));
        let (blocks, to_write) = sync_channel(BLOCKS_MAX);
        let writer =
            Writer { file, name, capture: capture.clone(), has_failed: has_failed.clone() };
        let writing = std::thread::spawn(move || writer.write_all(&to_write));
        Ok(Self { capture, has_failed, blocks, writing })
    }

    /// Adds packets. Returns the number that `make` gives, or 0 if the capture has ended.
    pub(super) fn record(
        &self,
        make: impl FnOnce(&mut LiveCapture<Vec<u8>>, Duration) -> io::Result<u64>,
    ) -> u64 {
        if self.has_failed.load(Ordering::Relaxed) {
            return 0;
        }
        let mut capture = lock(&self.capture);
        // Read under the lock, so that times never decrease in the file.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Writing to memory can't fail, and the data fit into a packet.
        let packet = make(&mut capture, now).unwrap_or_default();
        if capture.get_mut().len() >= BLOCK_BYTES {
            let next = Vec::with_capacity(BLOCK_BYTES + (BLOCK_BYTES >> 2));
            let block = std::mem::replace(capture.get_mut(), next);
            // This waits for a slow disk. It holds the lock to keep the order of blocks.
            let _ = self.blocks.send(block);
        }
        packet
    }

    /// Writes the rest. Returns the number of packets.
    pub(super) fn end(self) -> io::Result<u64> {
        let block = std::mem::take(lock(&self.capture).get_mut());
        let _ = self.blocks.send(block);
        drop(self.blocks);
        match self.writing.join() {
            Ok(wrote) => wrote?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        Ok(lock(&self.capture).packets())
    }
}

fn lock(capture: &Mutex<LiveCapture<Vec<u8>>>) -> MutexGuard<'_, LiveCapture<Vec<u8>>> {
    capture.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes blocks to the file, and regularly also the incomplete block.
struct Writer {
    file: File,
    name: String,
    capture: Arc<Mutex<LiveCapture<Vec<u8>>>>,
    has_failed: Arc<AtomicBool>,
}

impl Writer {
    fn write_all(mut self, blocks: &Receiver<Vec<u8>>) -> io::Result<()> {
        let wrote = self.write_blocks(blocks);
        if let Err(error) = &wrote {
            self.has_failed.store(true, Ordering::Relaxed);
            say(format_args!(
                "cannot write to {}: {error}; connections continue without a capture",
                self.name
            ));
            // Senders of blocks must not wait for ever.
            while blocks.recv().is_ok() {}
        }
        wrote
    }

    fn write_blocks(&mut self, blocks: &Receiver<Vec<u8>>) -> io::Result<()> {
        loop {
            match blocks.recv_timeout(WRITTEN_WITHIN) {
                Ok(block) => self.file.write_all(&block)?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {
                    // A sender may hold the lock and wait for room. Then there are blocks to write first.
                    let mut capture = match self.capture.try_lock() {
                        Ok(capture) => capture,
                        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                        Err(TryLockError::WouldBlock) => continue,
                    };
                    // The blocks that were completed meanwhile come first. None can be sent while the lock is
                    // held.
                    let mut waiting: Vec<Vec<u8>> = blocks.try_iter().collect();
                    waiting.push(std::mem::take(capture.get_mut()));
                    drop(capture);
                    waiting.iter().try_for_each(|block| self.file.write_all(block))?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::observation::Direction;
    use report::Talk;

    use super::*;

    fn tape(file: File) -> Tape {
        Tape::start(file, "wire.pcapng".to_owned(), String::new(), false).unwrap()
    }

    fn talk() -> Talk {
        let [client, server] = ["127.0.0.1:5000", "127.0.0.1:9000"];
        Talk::new(0, client.parse().unwrap(), server.parse().unwrap())
    }

    /// The lengths of a capture's packets.
    fn lengths(path: &std::path::Path) -> Vec<u64> {
        let traffic = traffic::Traffic::new(File::open(path).unwrap(), traffic::Options::default());
        let bytes = |event: traffic::Event| match event.what {
            traffic::What::Bytes { data, .. } => Some(data.len() as u64),
            _ => None,
        };
        traffic.unwrap().filter_map(|event| bytes(event.unwrap())).collect()
    }

    #[test]
    fn packets_come_into_the_file_in_order_however_many_there_are() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let tape = tape(file.reopen().unwrap());
        let mut talk = talk();
        tape.record(|capture, at| talk.open(capture, at));
        let pieces = 1..=3000_u64;
        for length in pieces.clone() {
            let piece = vec![b'x'; usize::try_from(length).unwrap()];
            tape.record(|capture, at| talk.bytes(capture, at, Direction::ToServer, &piece));
        }
        // Some are acknowledgements.
        assert!(tape.end().unwrap() > 3003);
        assert!(
            lengths(file.path()).into_iter().eq(pieces),
            "packets are missing, or out of order"
        );
    }

    #[test]
    fn a_few_packets_are_in_the_file_before_the_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let tape = tape(file.reopen().unwrap());
        let mut talk = talk();
        tape.record(|capture, at| talk.open(capture, at));
        let until = std::time::Instant::now() + Duration::from_secs(30);
        // Three packets after the file header.
        while file.as_file().metadata().unwrap().len() < 350 {
            assert!(std::time::Instant::now() < until, "nothing is written");
            std::thread::yield_now();
        }
        tape.end().unwrap();
    }

    #[test]
    fn a_disk_that_is_full_stops_the_capture_alone() {
        let Ok(full) = File::options().write(true).open("/dev/full") else { return };
        let tape = tape(full);
        let mut talk = talk();
        for _ in 0..100 {
            let piece = vec![b'x'; 60_000];
            tape.record(|capture, at| talk.bytes(capture, at, Direction::ToServer, &piece));
        }
        assert_eq!(tape.end().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
