//! Each rule has a program in `rules.txt`, with its exact variants.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{Mutants, all_mutants, mutants, program, programs, pythons};

/// A program, and the variants of one rule.
struct Example<'a> {
    rule: &'a str,
    program: &'a str,
    expected: &'a str,
}

const EXAMPLES: &str = include_str!("rules.txt");

fn examples() -> Vec<Example<'static>> {
    let sections = EXAMPLES.split("\n## ").skip(1);
    let examples = sections.map(|section| {
        let (rule, rest) = section.split_once('\n').unwrap();
        let mut parts = rest.split("----\n");
        let (program, expected) = (parts.next().unwrap(), parts.next().unwrap());
        Example { rule, program, expected }
    });
    examples.collect()
}

/// The programs of the examples, in their order.
fn programs_of_examples() -> (TempDir, Vec<PathBuf>) {
    let directory = tempfile::tempdir().unwrap();
    let write = |(number, example): (usize, Example<'_>)| {
        let path = directory.path().join(format!("{number}.py"));
        fs::write(&path, example.program).unwrap();
        path
    };
    let paths = examples().into_iter().enumerate().map(write).collect();
    (directory, paths)
}

/// A rule's variants, as `rules.txt` shows them.
fn shown(mutants: &Mutants, rule: &str) -> String {
    let mut text = String::new();
    for it in mutants.variants.iter().filter(|it| it.rule == rule) {
        let [first, last] = it.lines;
        write!(text, "{} {first}-{last}: {}\n{}", it.id, it.what, it.diff).unwrap();
    }
    for it in mutants.same.iter().filter(|it| it.rule == rule) {
        writeln!(text, "{} {}: the same: {}", it.id, it.line, it.why).unwrap();
    }
    text
}

#[test]
fn each_rule_makes_what_its_example_says() {
    let (_directory, paths) = programs_of_examples();
    for python in pythons() {
        for (example, mutants) in examples().iter().zip(all_mutants(&python, &paths)) {
            assert_eq!(
                shown(&mutants, example.rule),
                example.expected,
                "{} under {}, of:\n{}",
                example.rule,
                python.display(),
                example.program
            );
        }
    }
}

#[test]
fn each_rule_has_an_example() {
    let (_directory, mut paths) = programs_of_examples();
    paths.extend(programs::of_the_repository());
    let all = all_mutants(&pythons()[0], &paths);
    let rules: BTreeSet<_> = all.iter().flat_map(Mutants::rules).collect();
    let with_example: BTreeSet<_> = examples().iter().map(|it| it.rule.to_owned()).collect();
    assert_eq!(rules, with_example);
}

#[test]
fn a_variant_is_as_well_said_as_its_rule() {
    let (_directory, paths) = programs_of_examples();
    for it in all_mutants(&pythons()[0], &paths).into_iter().flat_map(|it| it.variants) {
        assert!(!it.what.is_empty() && !it.hint.is_empty() && !it.diff.is_empty(), "{it:?}");
        assert!(it.what.is_ascii() && it.line >= 1, "{it:?}");
    }
}

#[test]
fn two_rules_that_come_to_the_same_make_one_variant() {
    let text = "import hashlib\nif hashlib.md5(x).hexdigest() != y:\n    raise ValueError\n";
    let (_directory, path) = program(text);
    for python in pythons() {
        let mutants = mutants(&python, &path);
        let same: Vec<_> = mutants.same.iter().map(|it| (&*it.id, &*it.why)).collect();
        assert_eq!(same, [("digest-unchecked-1", "the same bytecode as check-gone-1")]);
        assert_eq!(mutants.same[0].what.split(':').next(), Some("the digest is not checked"));
    }
}

#[test]
fn a_change_that_compiles_to_the_same_is_no_variant() {
    let (_directory, path) = program("def f(x):\n    if False:\n        return\n    g(x)\n");
    for python in pythons() {
        let mutants = mutants(&python, &path);
        let same: Vec<_> = mutants.same.iter().map(|it| (&*it.id, &*it.why)).collect();
        assert_eq!(same, [("check-gone-1", "the same bytecode")]);
    }
}
