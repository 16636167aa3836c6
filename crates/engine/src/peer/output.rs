//! Collects what a peer writes while it runs, and lets others wait for text in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The limit on a peer's output. A peer that writes more is blocked.
const OUTPUT_MAX_BYTES: usize = 8 << 20;
/// How long a pipe may stay open after its peer has ended. A process that left the peer's group may hold it for
/// ever.
const LAST_OUTPUT: Duration = Duration::from_secs(5);

/// A stream of output that is being collected.
#[derive(Debug)]
pub struct Output {
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
}

/// A view of such a stream.
#[derive(Debug)]
pub(super) struct Screen(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    bytes: Mutex<Vec<u8>>,
    changed: Notify,
    writer_has_ended: Notify,
}

impl Output {
    /// Collects the output of a pipe or a terminal.
    pub(super) fn collect(pipe: pipe::Receiver) -> Self {
        let shared = Arc::<Shared>::default();
        let reader = tokio::spawn(collect(pipe, shared.clone()));
        Self { shared, reader }
    }

    /// Collects nothing: the stream does not exist.
    pub(super) fn nothing() -> Self {
        Self { shared: Arc::default(), reader: tokio::spawn(std::future::ready(())) }
    }

    /// Waits until `seen` is true of the output so far.
    pub async fn wait_until(&self, seen: impl Fn(&[u8]) -> bool) {
        self.screen().wait_until(seen).await;
    }

    /// The number of kept bytes so far.
    pub(crate) fn byte_count(&self) -> usize {
        self.shared.bytes.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits until the limit is reached.
    pub(super) async fn is_full(&self) {
        self.wait_until(|seen| seen.len() >= OUTPUT_MAX_BYTES).await;
    }

    /// Another view of it.
    pub(super) fn screen(&self) -> Screen {
        Screen(self.shared.clone())
    }

    /// The whole output, after its writer has ended.
    pub(super) async fn finish(&mut self) -> Vec<u8> {
        self.shared.writer_has_ended.notify_one();
        if tokio::time::timeout(LAST_OUTPUT, &mut self.reader).await.is_err() {
            self.reader.abort();
        }
        std::mem::take(&mut *self.shared.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Screen {
    /// Waits until `seen` is true of the output so far.
    pub(super) async fn wait_until(&self, seen: impl Fn(&[u8]) -> bool) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if seen(&self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner)) {
                return;
            }
            changed.await;
        }
    }
}

/// Reads to the end. A terminal that no process has open returns an error there.
async fn collect(mut pipe: pipe::Receiver, shared: Arc<Shared>) {
    let mut buffer = [0; 16 << 10];
    loop {
        let read = match pipe.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let len = {
            let mut bytes = shared.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.extend_from_slice(buffer.split_at(read).0);
            bytes.len()
        };
        shared.changed.notify_waiters();
        if len >= OUTPUT_MAX_BYTES {
            // The pipe stays open, so that the writer is blocked but does not fail because of the harness.
            return shared.writer_has_ended.notified().await;
        }
    }
}
