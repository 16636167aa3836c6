//! Each case as a test: a harness that takes the options of Rust's own, and that `cargo test` and nextest start.
//!
//! One process of framecheck plays all cases that are wanted. Each test waits for its case.

use std::collections::HashMap;
use std::env;
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tempfile::NamedTempFile;

use crate::Run;
use crate::error::Error;
use crate::events::{Listed, Outcome};
use crate::run::Playing;

/// The exit status of Rust's own harness when a test has failed.
const FAILED: i32 = 101;

impl Run {
    /// The `main` of a test with `harness = false`: each case of the run is a test. It ends the process.
    ///
    /// It works as [`main`](crate::main) does.
    pub fn main(&self) -> ! {
        let args = Arguments::from_args();
        let is_green = test(self, &args).unwrap_or_else(|error| {
            eprintln!("framecheck-test: {error}");
            false
        });
        std::process::exit(if is_green { 0 } else { FAILED })
    }
}

/// Runs the tests that the arguments choose, or lists them. It returns whether all is as it should be.
fn test(run: &Run, args: &Arguments) -> Result<bool, Error> {
    let one = one_of_nextest(args);
    let listed = one.clone().map_or_else(|| run.list(), |one| Ok(vec![one]))?;
    let board = Arc::new(Board::default());
    let trial = |case: &Listed| {
        let (board, id) = (Arc::clone(&board), case.id.clone());
        Trial::ignorable_test(&case.id, move || board.wait_for(&id)).with_kind(&case.input)
    };
    let trials: Vec<Trial> = listed.iter().map(trial).collect();
    let is_wanted = |it: &&Trial| !args.is_filtered_out(it) && !args.is_ignored(it);
    let wanted: Vec<&str> = trials.iter().filter(is_wanted).map(Trial::name).collect();
    if args.list || wanted.is_empty() {
        return Ok(!libtest_mimic::run(args, trials).has_failed());
    }
    let out = run.out_or(one.as_ref().map(|one| one.id.as_str()));
    let mut command = run.command(&out);
    let only =
        if one.is_some() || wanted.len() < listed.len() { Some(only(&wanted)?) } else { None };
    if let Some(only) = &only {
        command.arg("--only").arg(only.path());
    }
    let playing = Playing::begin(command)?;
    let follower = {
        let ends = Ends(Arc::clone(&board));
        thread::spawn(move || {
            let done = playing.follow(|case| ends.0.put(case.id.clone(), case.outcome()));
            if let Err(error) = &done {
                ends.0.end(&error.to_string());
            }
            done
        })
    };
    let conclusion = libtest_mimic::run(args, trials);
    let complaints = follower.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    for complaint in &complaints {
        eprintln!("framecheck-test: FAIL: {complaint}");
    }
    if conclusion.has_failed() || !complaints.is_empty() {
        eprintln!("framecheck-test: the report is {}", out.join("index.html").display());
    }
    Ok(!conclusion.has_failed() && complaints.is_empty())
}

/// The one case that nextest wants. It starts a process for each test, and names one that it has listed before.
fn one_of_nextest(args: &Arguments) -> Option<Listed> {
    let name = args.filter.as_ref().filter(|_| args.exact && !args.list)?;
    env::var_os("NEXTEST")?;
    named(name)
}

/// The case of a test's name: `[INPUT] ID`.
fn named(name: &str) -> Option<Listed> {
    let (input, id) = name.rsplit_once(' ')?;
    let input = input.strip_prefix('[')?.strip_suffix(']')?;
    Some(Listed { id: id.to_owned(), input: input.to_owned() })
}

/// A file with these ids, for `--only`. It lasts as long as the value.
fn only(ids: &[&str]) -> Result<NamedTempFile, Error> {
    let written = NamedTempFile::new().and_then(|mut file| {
        ids.iter().try_for_each(|id| writeln!(file, "{id}"))?;
        Ok(file)
    });
    let what = || "cannot write the list of cases for --only".to_owned();
    written.map_err(|source| Error::Io { what: what(), source })
}

/// The outcomes that are known, and the tests that wait for others.
#[derive(Debug, Default)]
struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcomes: HashMap<String, Outcome>,
    /// framecheck has ended, and why it has played no other case.
    end: Option<String>,
}

impl Board {
    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panics holds no lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, id: String, outcome: Outcome) {
        self.state().outcomes.insert(id, outcome);
        self.changed.notify_all();
    }

    /// The first reason counts.
    fn end(&self, why: &str) {
        self.state().end.get_or_insert_with(|| why.to_owned());
        self.changed.notify_all();
    }

    /// Waits for the outcome of a case. It fails if framecheck ends without it.
    fn wait_for(&self, id: &str) -> Result<Completion, Failed> {
        let mut state = self.state();
        loop {
            match (state.outcomes.get(id), &state.end) {
                (Some(Outcome::Passed), _) => return Ok(Completion::Completed),
                (Some(Outcome::Ignored(why)), _) => return Ok(Completion::ignored_with(why)),
                (Some(Outcome::Failed(why)), _) => return Err(why.into()),
                (None, Some(why)) => return Err(format!("not played: {why}").into()),
                (None, None) => {}
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Ends the board when nothing is put there any more, also by a panic: then no test waits for ever.
struct Ends(Arc<Board>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.end("framecheck ended before");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_waits_for_its_case_and_fails_where_framecheck_ends_without_it() {
        let board = Arc::new(Board::default());
        let waits = |id: &'static str| {
            let board = Arc::clone(&board);
            thread::spawn(move || board.wait_for(id))
        };
        let (green, red, gone) = (waits("green"), waits("red"), waits("gone"));
        let ends = Ends(Arc::clone(&board));
        board.put("green".to_owned(), Outcome::Passed);
        board.put("red".to_owned(), Outcome::Failed("[UP-1] why".to_owned()));
        assert!(matches!(green.join().unwrap(), Ok(Completion::Completed)));
        let message =
            |it: Result<Completion, Failed>| it.err().unwrap().message().unwrap().to_owned();
        assert_eq!(message(red.join().unwrap()), "[UP-1] why");
        drop(ends);
        assert_eq!(message(gone.join().unwrap()), "not played: framecheck ended before");
    }

    #[test]
    fn a_tests_name_is_read_as_it_is_listed() {
        let case = named("[small file] upload/python->acme/tcp4/asis/15193dad").unwrap();
        assert_eq!(case.input, "small file");
        assert_eq!(case.id, "upload/python->acme/tcp4/asis/15193dad");
        assert_eq!(named("upload/python->acme/tcp4/asis/15193dad"), None);
    }
}
