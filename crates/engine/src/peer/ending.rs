//! The report about an ended process: how it ended, its memory, and what it left behind.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use model::observation::Exit;
use tokio::sync::watch;

/// Process ids, each with a name.
pub(super) type Named = BTreeMap<i32, String>;

/// The number of processes that have not ended, or may have left something behind.
#[derive(Debug, Default)]
pub(super) struct Alive {
    count: Mutex<usize>,
    fewer: Condvar,
}

impl Alive {
    fn change(&self, by: impl FnOnce(&mut usize)) {
        by(&mut self.count.lock().unwrap_or_else(PoisonError::into_inner));
        self.fewer.notify_all();
    }

    /// Waits until there are none, up to a limit.
    pub(super) fn wait_for_none(&self, at_most: Duration) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.fewer.wait_timeout_while(count, at_most, |count| *count > 0);
    }
}

/// The sender's side, for the code that waits for the process. The process counts as alive until this is
/// dropped.
#[derive(Debug)]
pub(super) struct Teller {
    exit: watch::Sender<Option<Exit>>,
    left_behind: watch::Sender<Option<Named>>,
    memory: Arc<Mutex<Option<u64>>>,
    alive: Arc<Alive>,
}

/// The receiver's side.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) exit: watch::Receiver<Option<Exit>>,
    left_behind: watch::Receiver<Option<Named>>,
    memory: Arc<Mutex<Option<u64>>>,
}

/// Both sides, for a process that is about to start.
pub(super) fn ending(alive: &Arc<Alive>) -> (Teller, Told) {
    let ((exit, exit_told), (left_behind, left_told)) =
        (watch::channel(None), watch::channel(None));
    let memory = Arc::<Mutex<Option<u64>>>::default();
    alive.change(|count| *count += 1);
    let teller = Teller { exit, left_behind, memory: memory.clone(), alive: alive.clone() };
    (teller, Told { exit: exit_told, left_behind: left_told, memory })
}

impl Teller {
    /// The process has ended. `excess` is its peak memory, if that was too much.
    pub(super) fn ended(&self, exit: Exit, excess: Option<u64>) {
        *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = excess;
        self.exit.send_replace(Some(exit));
    }

    /// These processes were left behind, and have been ended.
    pub(super) fn cleaned(self, left_behind: Named) {
        self.left_behind.send_replace(Some(left_behind));
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.alive.change(|count| *count -= 1);
    }
}

impl Told {
    /// The process's peak memory, if that was too much.
    pub(super) fn excess_memory(&self) -> Option<u64> {
        *self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is left of the process, or until the sender's side is gone.
    pub(super) async fn cleaned(&self) {
        let mut left_behind = self.left_behind.clone();
        let _ = left_behind.wait_for(Option::is_some).await;
    }

    /// The names of what was left behind.
    pub(super) fn left_behind(&self) -> Vec<String> {
        self.left_behind.borrow().iter().flat_map(|left| left.values().cloned()).collect()
    }
}
