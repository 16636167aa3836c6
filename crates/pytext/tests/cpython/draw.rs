//! Values drawn at random, many at once, so that one run of an interpreter answers them all.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

/// `times` values for each of proptest's cases, 256 unless `PROPTEST_CASES` says otherwise.
///
/// The seed is fixed: a failure shows its value and repeats.
pub(crate) fn draw<S: Strategy>(times: usize, strategy: S) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    let count = cases() * times;
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// proptest's number of cases.
pub(crate) fn cases() -> usize {
    Config::default().cases as usize
}
