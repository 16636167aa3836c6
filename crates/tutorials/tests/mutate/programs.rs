//! The variants of all programs of the tutorials and the examples.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use super::{Mutants, all_mutants, mutants, program, pythons, repository, script};

/// Reports which variants of these programs compile to the same code, by other means than
/// mutate.py's.
const CHECK: &str = r#"
import marshal, types
def bare(code):
    consts = tuple(bare(it) if isinstance(it, types.CodeType) else it for it in code.co_consts)
    lines = {it: b'' for it in ('co_linetable', 'co_lnotab') if it in dir(code)}
    if len(lines) == 2:
        del lines['co_lnotab']
    return code.replace(co_consts=consts, co_firstlineno=1, **lines)
def compiled(text):
    return marshal.dumps(bare(compile(text, 'program', 'exec', dont_inherit=True)))
for path in sys.argv[2:]:
    with open(path, 'rb') as file:
        data = file.read()
    seen = {compiled(data)}
    for it in mutate.mutants(data, path)['variants']:
        code = compiled(it['source'].encode())
        if code in seen:
            print(path, it['id'], 'is the same as the program or another variant')
        seen.add(code)
"#;

/// The programs of the tutorials, and those of the example protocols.
pub(super) fn of_the_repository() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for parent in ["python-ref", "examples"] {
        for entry in fs::read_dir(repository().join(parent)).unwrap() {
            let Ok(files) = fs::read_dir(entry.unwrap().path()) else { continue };
            let files = files.map(|file| file.unwrap().path());
            found.extend(files.filter(|file| file.extension().is_some_and(|it| it == "py")));
        }
    }
    found.sort();
    assert!(found.len() > 60, "{found:?}");
    found
}

#[test]
fn every_variant_compiles_and_differs() {
    // The other interpreters make the same variants, as the next tests check.
    let pythons = pythons();
    for python in pythons.iter().take(1).chain(&pythons[1..].last().cloned()) {
        let said = script(python, CHECK, &of_the_repository());
        assert!(said.is_empty(), "under {}:\n{said}", python.display());
    }
}

#[test]
fn every_variant_has_an_identity_and_lines_of_its_program() {
    for mutants in all_mutants(&pythons()[0], &of_the_repository()) {
        let text = fs::read_to_string(&mutants.program).unwrap();
        let count = text.lines().count();
        let mut known = HashSet::new();
        for id in mutants.ids() {
            let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
            assert!(id.chars().all(is_plain) && known.insert(id), "{id}");
        }
        for it in &mutants.variants {
            let [first, last] = it.lines;
            assert!(1 <= first && first <= last && last <= count, "{it:?}");
            assert!(it.id.starts_with(&it.rule) && it.source != text, "{it:?}");
            // The diff shows exactly what has changed.
            for line in it.diff.lines() {
                let (sign, line) = line.split_at(1);
                let of = if sign == "-" { &text } else { &it.source };
                assert!(of.lines().any(|own| own == line), "{it:?}");
            }
        }
    }
}

#[test]
fn an_identity_stays_when_lines_are_added_elsewhere() {
    for name in ["examples/getput/server.py", "python-ref/file-transfer/client.py"] {
        let own = repository().join(name);
        let text = fs::read_to_string(&own).unwrap();
        let spaced = format!("#!/usr/bin/env python3\n\n{}", text.replace('\n', "\n\n"));
        let (_directory, path) = program(spaced);
        for python in pythons() {
            let (before, after) = (mutants(&python, &own), mutants(&python, &path));
            let all = |of: &Mutants| -> Vec<_> {
                let variants = of.variants.iter().map(|it| (it.id.clone(), it.what.clone()));
                variants.chain(of.same.iter().map(|it| (it.id.clone(), it.why.clone()))).collect()
            };
            assert_eq!(all(&before), all(&after), "{name}");
            assert!(before.variants.iter().zip(&after.variants).all(|(b, a)| a.line > b.line));
        }
    }
}

#[test]
fn every_interpreter_makes_the_same_variants() {
    let [first, others @ ..] = &pythons()[..] else { panic!("no interpreter") };
    let sources = |python: &OsString| -> Vec<(String, String)> {
        let mutants = all_mutants(python, &of_the_repository()).into_iter();
        mutants.flat_map(|it| it.variants).map(|it| (it.id, it.source)).collect()
    };
    let expected = sources(first);
    for other in others {
        let found = sources(other);
        assert_eq!(found.len(), expected.len(), "under {}", other.display());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "under {}", other.display());
        }
    }
}

/// Fewer variants would mean that a rule no longer finds its places.
#[test]
fn the_programs_have_many_variants() {
    let mut counts = BTreeMap::<String, BTreeMap<String, usize>>::new();
    let (mut tutorials, mut all) = (0, 0);
    for mutants in all_mutants(&pythons()[0], &of_the_repository()) {
        let (path, count) = (PathBuf::from(&mutants.program), mutants.variants.len());
        let scenario = path.parent().unwrap().strip_prefix(repository()).unwrap();
        let role = path.file_stem().unwrap().to_string_lossy().into_owned();
        let of_scenario = counts.entry(scenario.to_string_lossy().into_owned()).or_default();
        of_scenario.insert(role, count);
        tutorials += if scenario.starts_with("python-ref") { count } else { 0 };
        all += count;
    }
    for (scenario, of_roles) in &counts {
        println!("{scenario}: {of_roles:?}");
    }
    println!("{tutorials} of the tutorials, {all} of all programs");
    assert!(tutorials >= 1000 && all >= 2500, "{tutorials} and {all}: {counts:#?}");
}
