//! Finds the lines of the program that each case runs. A mutant whose changed line a case does not run behaves
//! the same there, so the case is not played. Cases in which the unchanged program exceeds the time limit are
//! skipped too: they take long and show nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use tokio::task::JoinSet;

use super::super::setup::Setup;
use super::candidate::{Candidate, Wrong};
use super::field::Field;

/// A set-up whose programs record the lines that they run, and the directory of the records.
pub(super) struct Traced {
    pub(super) setup: Setup,
    pub(super) directory: PathBuf,
}

/// The lines of the program's own files that a case runs, by the file's path relative to the program's root.
type Lines = BTreeMap<PathBuf, BTreeSet<u32>>;

/// What is known of each case.
pub(super) struct Reach(Vec<Case>);

/// What is known of a case.
#[derive(Clone, Default)]
struct Case {
    /// The lines that it runs; `None` if unknown.
    lines: Option<Lines>,
    /// Whether the unchanged program exceeds the time limit.
    is_stuck: bool,
}

/// A line of a trace.
#[derive(Deserialize)]
struct Note {
    file: PathBuf,
    lines: Vec<u32>,
}

impl Reach {
    /// Plays the unchanged program through all cases, in all set-ups in parallel.
    pub(super) async fn see(
        field: &Arc<Field>,
        candidate: &Candidate,
        traced: &[Arc<Traced>],
        done: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let count = field.course.cases.len();
        let left: Arc<Mutex<VecDeque<usize>>> = Arc::new(Mutex::new((0..count).collect()));
        let done = Arc::new(done);
        let mut seeing = JoinSet::new();
        for traced in traced {
            let (field, traced, left) = (field.clone(), traced.clone(), left.clone());
            let (base, room) = (candidate.base.clone(), candidate.room.clone());
            let done = done.clone();
            seeing.spawn(async move {
                let mut seen = Vec::new();
                let next = || left.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                while let Some(case) = next() {
                    let came = field.play_on(&traced.setup.stage, case, &base).await;
                    let is_stuck = came.ran_out_of_time();
                    let lines = take_notes(&traced.directory, &room);
                    seen.push((case, Case { lines, is_stuck }));
                    done();
                }
                seen
            });
        }
        let mut of_cases = vec![Case::default(); count];
        for (case, known) in seeing.join_all().await.into_iter().flatten() {
            if let Some(place) = of_cases.get_mut(case) {
                *place = known;
            }
        }
        Self(of_cases)
    }

    /// Whether anything is known.
    pub(super) fn is_known(&self) -> bool {
        self.0.iter().any(|case| case.lines.is_some())
    }

    /// The cases that run a line which a mutant changes.
    pub(super) fn cases_of(&self, wrong: &Wrong) -> Vec<usize> {
        let [first, last] = wrong.variant.lines;
        let runs = |lines: &Lines| {
            let own = lines.get(&wrong.file);
            own.is_some_and(|own| own.range(first..=last.max(first)).next().is_some())
        };
        let is_reached = |case: &Case| !case.is_stuck && case.lines.as_ref().is_none_or(runs);
        let cases = self.0.iter().enumerate();
        cases.filter(|(_, case)| is_reached(case)).map(|(number, _)| number).collect()
    }
}

/// Reads and removes the programs' records in this directory. `None` if the program in `room` wrote none.
fn take_notes(directory: &Path, room: &Path) -> Option<Lines> {
    let mut lines = Lines::new();
    for entry in fs::read_dir(directory).ok()?.flatten() {
        let text = fs::read(entry.path()).unwrap_or_default();
        for line in text.split(|byte| *byte == b'\n') {
            // A program that is killed while it writes leaves an incomplete line.
            let Ok(note) = serde_json::from_slice::<Note>(line) else { continue };
            if let Ok(file) = note.file.strip_prefix(room) {
                lines.entry(file.to_owned()).or_default().extend(note.lines);
            }
        }
        let _ = fs::remove_file(entry.path());
    }
    (!lines.is_empty()).then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_the_program_in_the_room_count_and_are_taken_away() {
        let directory = tempfile::tempdir().unwrap();
        let note = |file: &str, lines: &str| {
            format!("{{\"file\": \"{file}\", \"lines\": [{lines}], \"cwd\": \"/x\"}}\n")
        };
        let text = note("/room/a.py", "1") + &note("/room/a.py", "7") + &note("/other/a.py", "9");
        fs::write(directory.path().join("0.jsonl"), text + "{\"file\": \"/ro").unwrap();
        fs::write(directory.path().join("0.jsonl.77"), note("/room/sub/b.py", "3")).unwrap();
        let lines = take_notes(directory.path(), Path::new("/room")).unwrap();
        assert_eq!(lines[Path::new("a.py")], BTreeSet::from([1, 7]));
        assert_eq!(lines[Path::new("sub/b.py")], BTreeSet::from([3]));
        assert!(take_notes(directory.path(), Path::new("/room")).is_none());
    }
}
