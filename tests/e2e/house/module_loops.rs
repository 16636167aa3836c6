//! The modules of a crate import each other without loops. Cargo ensures that between crates; this test
//! ensures it inside each crate.
//!
//! A module here is one directly under the crate's root: a file, or a folder with everything in it. The root
//! itself, `main.rs` or `lib.rs`, knows all modules and does not count as one. A name that it re-exports
//! counts as the module that the name comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use framecheck_tests::repository;

use super::rust_text::{group_end, without_tests, words};
use super::sources;

#[test]
fn modules_of_a_crate_import_each_other_one_way_round() {
    let files = sources(&repository());
    let roots: BTreeSet<&Path> =
        files.iter().filter(|file| is_root(file)).filter_map(|file| file.parent()).collect();
    assert!(roots.len() > 10, "{roots:?}");
    let mut wrong = Vec::new();
    for root in roots {
        let name = root.strip_prefix(repository()).unwrap().to_str().unwrap();
        let Some(edges) = imports(&read(root, &files)).first_loop() else { continue };
        wrong.push(format!("{name}: modules import each other in a loop:\n{edges}"));
    }
    assert!(
        wrong.is_empty(),
        "{}\nexpected one way round: move what both sides of an import need to a module that imports \
         neither",
        wrong.join("\n")
    );
}

fn is_root(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "main.rs" || name == "lib.rs")
}

/// A file's path below its crate's root, and its text.
type Source = (PathBuf, String);

/// The files of the crate with this root, without those of its tests and other programs.
fn read(root: &Path, files: &[PathBuf]) -> Vec<Source> {
    let mut found = Vec::new();
    for file in files {
        let Ok(below) = file.strip_prefix(root) else { continue };
        let is_test = below.iter().any(|part| part == "tests" || part == "tests.rs");
        if !is_test && !below.starts_with("bin") {
            found.push((below.to_owned(), std::fs::read_to_string(file).unwrap()));
        }
    }
    found
}

/// For each module: the modules that it imports, each with the importing files.
#[derive(Debug, Default)]
struct Imports(BTreeMap<String, BTreeMap<String, BTreeSet<PathBuf>>>);

impl Imports {
    /// The edges of one loop, one line each, if there is a loop.
    fn first_loop(&self) -> Option<String> {
        let mut left = self.0.clone();
        // A module that imports none of the rest is on no loop.
        loop {
            let modules: BTreeSet<String> = left.keys().cloned().collect();
            for imported in left.values_mut() {
                imported.retain(|module, _| modules.contains(module));
            }
            left.retain(|_, imported| !imported.is_empty());
            if left.len() == modules.len() {
                break;
            }
        }
        // Every remaining module imports another one, so the path comes back to an earlier module.
        let mut way: Vec<&String> = Vec::new();
        let mut at = left.keys().next()?;
        while !way.contains(&at) {
            way.push(at);
            at = left[at].keys().next()?;
        }
        let round = &way[way.iter().position(|module| *module == at)?..];
        let edge = |(from, to): (&&String, &&String)| {
            let files = left[*from][*to].iter().map(|file| file.display().to_string());
            format!("  {from} imports {to} in {}", files.collect::<Vec<_>>().join(", "))
        };
        let next = round.iter().cycle().skip(1);
        Some(round.iter().zip(next).map(edge).collect::<Vec<_>>().join("\n"))
    }
}

/// The imports of a crate's modules.
fn imports(files: &[Source]) -> Imports {
    let mut imports = Imports::default();
    for (path, _) in files.iter().filter(|(path, _)| !is_top(path)) {
        imports.0.entry(module_path(path).swap_remove(0)).or_default();
    }
    let mut given_out = BTreeMap::new();
    for (_, text) in files.iter().filter(|(path, _)| is_top(path)) {
        for used in uses(&without_tests(&words(text)), &[]) {
            if let Some(module) = used.module.filter(|module| imports.0.contains_key(module)) {
                assert!(used.name != "*", "the root of a crate gives out all of {module}");
                given_out.insert(used.name, module);
            }
        }
    }
    for (path, text) in files.iter().filter(|(path, _)| !is_top(path)) {
        let here = module_path(path);
        for used in uses(&without_tests(&words(text)), &here) {
            let Some(module) = used.module else { continue };
            assert!(module != "*", "{}: imports all of its crate's root", path.display());
            let is_module = imports.0.contains_key(&module);
            let module = if is_module { Some(&module) } else { given_out.get(&module) };
            if let Some(module) = module.filter(|module| **module != here[0]) {
                let of_this = imports.0.entry(here[0].clone()).or_default();
                of_this.entry(module.clone()).or_default().insert(path.clone());
            }
        }
    }
    imports
}

/// Whether this is the root of the crate, `main.rs` or `lib.rs`.
fn is_top(below: &Path) -> bool {
    is_root(below) && below.components().count() == 1
}

/// `serving/ledger.rs` is the module `serving::ledger`, and `serving/mod.rs` is `serving`.
fn module_path(below: &Path) -> Vec<String> {
    let below = below.with_extension("");
    let mut path: Vec<String> =
        below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.len() > 1 && path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

/// A path that leads to the crate's root and on from there.
struct Used {
    /// What follows the root: a module, or a name that the root re-exports. `None` for a path that stays
    /// inside its own module.
    module: Option<String>,
    /// The local name of the path's end.
    name: String,
}

/// The paths of a file that begin with `crate`, `self` or `super`, wherever they are. `here` is the file's
/// module. In the root, where that is empty, a `use` may also begin with a module's name.
fn uses(words: &[&str], here: &[String]) -> Vec<Used> {
    let mut found = Vec::new();
    // The inline modules of this file, each with the place where it ends.
    let mut inside: Vec<(String, usize)> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        inside.retain(|(_, end)| at < *end);
        let begins = at == 0 || words[at - 1] != "::";
        let next = words.get(at + 1).copied().unwrap_or_default();
        let follows = words.get(at + 2).copied().unwrap_or_default();
        match words[at] {
            "mod" if follows == "{" => {
                inside.push((next.to_owned(), group_end(words, at + 2)));
            }
            "use" if here.is_empty() && !["crate", "self", "::"].contains(&next) => {
                let mut paths = Vec::new();
                at = tree(words, at + 1, &[], &mut paths);
                found.extend(paths.iter().map(|path| Used::of(path, &[])));
                continue;
            }
            "crate" | "self" | "super" if next == "::" && begins => {
                let mut paths = Vec::new();
                at = tree(words, at, &[], &mut paths);
                let inner = inside.iter().map(|(name, _)| name);
                let here: Vec<String> = here.iter().chain(inner).cloned().collect();
                found.extend(paths.iter().map(|path| Used::of(path, &here)));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Adds the paths of a tree such as `crate::{a::B, c as d}` to `found`, each with the name that it gives its
/// end. Returns where the tree ends.
fn tree<'t>(
    words: &[&'t str],
    start: usize,
    before: &[&'t str],
    found: &mut Vec<Vec<&'t str>>,
) -> usize {
    let mut path = before.to_vec();
    let mut at = start;
    loop {
        match words.get(at) {
            Some(&"{") => {
                let end = group_end(words, at);
                at += 1;
                while at + 1 < end {
                    // A comma follows a branch, or the end.
                    at = tree(words, at, &path, found) + 1;
                }
                return end;
            }
            Some(word)
                if *word == "*" || word.starts_with(|c: char| c.is_alphabetic() || c == '_') =>
            {
                path.push(word);
                at += 1;
            }
            _ => break,
        }
        if words.get(at) != Some(&"::") {
            break;
        }
        at += 1;
    }
    let mut name = path.last().copied().unwrap_or_default();
    if words.get(at) == Some(&"as") {
        name = words.get(at + 1).copied().unwrap_or_default();
        at += 2;
    }
    path.push(name);
    found.push(path);
    at
}

impl Used {
    /// A path, followed by the name of its end, as written in the module `here`.
    fn of(path: &[&str], here: &[String]) -> Self {
        let (name, path) = path.split_last().unwrap();
        let mut base = here.len();
        let mut path = path.iter();
        let mut module = None;
        for part in path.by_ref() {
            match *part {
                "crate" => base = 0,
                "self" => {}
                "super" => base = base.saturating_sub(1),
                part => {
                    module = (base == 0).then(|| part.to_owned());
                    break;
                }
            }
        }
        Self { module, name: (*name).to_owned() }
    }
}

/// The imports of the modules of a crate with these files.
fn imports_of(files: &[(&str, &str)]) -> Imports {
    let files: Vec<Source> =
        files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
    imports(&files)
}

#[test]
fn a_loop_is_told_by_its_modules_and_their_files() {
    let found = imports_of(&[
        ("main.rs", "mod args; mod serving; mod screen; mod chat; use serving::Signals;"),
        ("args.rs", "use crate::{screen::print, serving::{Access, Options}};"),
        ("chat.rs", "use crate::args::Chat;"),
        ("screen.rs", "use std::io;"),
        ("serving/mod.rs", "mod ledger; use ledger::Ledger;"),
        ("serving/ledger.rs", "use super::Ledger; fn f() { super::super::args::Args::parse() }"),
    ]);
    assert_eq!(
        found.first_loop().unwrap(),
        "  args imports serving in args.rs\n  serving imports args in serving/ledger.rs"
    );
}

#[test]
fn a_name_that_the_root_gives_out_is_its_modules() {
    let found = imports_of(&[
        ("lib.rs", "mod a; pub mod b; mod c; pub use a::{A as Renamed, More}; pub use self::b::B;"),
        ("a.rs", "pub struct A(crate::B);"),
        ("b.rs", "use crate::{c, Renamed}; mod inner { use super::super::c; use super::B; }"),
        ("c.rs", "mod here { use super::b; use self::a; } // use crate::a;"),
    ]);
    assert_eq!(found.first_loop().unwrap(), "  a imports b in a.rs\n  b imports a in b.rs");
    assert!(found.0["c"].is_empty());
    assert_eq!(found.0["b"].keys().collect::<Vec<_>>(), ["a", "c"]);
}

#[test]
fn what_tests_import_makes_no_loop() {
    let found = imports_of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B; #[cfg(test)] mod tests { use crate::a::example; }"),
    ]);
    assert_eq!(found.first_loop(), None);
}
