//! A program of the reference with its mutants: the change in each, its directory, and its peer.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use engine::peer::Peer;

use super::cast::stand_in;
use super::room;
use super::subject::{Program, Subject};
use super::variants::{self, Refused, Same, Variant};

/// The name of a mutant in case ids.
pub(super) const MUTANT: &str = "mutant";
/// At most this many modules beside a program are also mutated.
const MODULES_MAX: usize = 20;

/// A program with its mutants. See the top of this file.
pub(super) struct Candidate {
    pub(super) program: Program,
    /// The program's path, as shown to the user.
    pub(super) shown: String,
    /// The name of the peer that is the unchanged program.
    pub(super) base: String,
    /// The directory of the unchanged program.
    pub(super) room: PathBuf,
    pub(super) wrong: Vec<Wrong>,
    pub(super) same: Vec<Same>,
    /// The integers in the program's source.
    pub(super) numbers: Vec<usize>,
}

/// A mutant.
pub(super) struct Wrong {
    /// The name of its peer.
    pub(super) name: String,
    /// Scenario, role, the module's name if it changes a module, and the rule with a number.
    pub(super) id: String,
    /// The file that it changes, relative to the program's root.
    pub(super) file: PathBuf,
    pub(super) variant: Variant,
}

impl Candidate {
    /// The mutants of a program and of the modules beside it that it imports. Each gets a directory in `rooms`.
    pub(super) fn new(
        program: Program,
        subject: &Subject,
        rooms: &Path,
        (python, reference): (&OsStr, &Path),
    ) -> anyhow::Result<Self> {
        let role = program.role;
        let (mut wrong, mut same, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        let main = program.relative().to_owned();
        for file in [vec![main.clone()], modules(&program)].concat() {
            let path = program.root.join(&file);
            let made = match variants::of(&path, python, reference) {
                Ok(made) => made,
                Err(Refused::NotPython(said)) if file == main => {
                    let why = format!("is not a Python program: {said}");
                    return Err(subject.refusal(role, &why));
                }
                // If this interpreter can't read a module, the program may not import it.
                Err(Refused::NotPython(_)) => continue,
                Err(Refused::Failed(error)) => return Err(error),
            };
            let module = if file == main { String::new() } else { format!("{}/", stem(&file)) };
            let scenario = subject.scenario.name();
            let id = |own: &str| format!("{scenario}/{role}/{module}{own}");
            same.extend(made.same.into_iter().map(|it| Same { id: id(&it.id), ..it }));
            numbers.extend(made.numbers);
            for variant in made.variants {
                let name = format!("{MUTANT}.{role}.{}", wrong.len());
                wrong.push(Wrong { name, id: id(&variant.id), file: file.clone(), variant });
            }
        }
        let (shown, base) = (main.display().to_string(), format!("unchanged.{role}"));
        // The trace has real paths, without symbolic links.
        let room = rooms.canonicalize()?.join(&base);
        Ok(Self { shown, base, room, wrong, same, numbers, program })
    }

    /// Puts the unchanged program and each mutant into a directory, and makes their peers.
    pub(super) fn furnish(
        &self,
        reference: &Peer,
        subject: &Subject,
    ) -> anyhow::Result<(Peer, Vec<Peer>)> {
        let rooms = self.room.parent().context("a room is in a directory")?;
        let peer = |name: &str, file: &Path, text: &[u8]| -> anyhow::Result<Peer> {
            let room = rooms.join(name);
            let furnished = fs::create_dir(&room)
                .and_then(|()| room::furnish(&room, &self.program, file, text));
            let path = furnished.with_context(|| {
                format!("cannot put a variant of {} into {}", self.shown, room.display())
            })?;
            let called = (name, subject.scenario.name());
            stand_in((reference, subject.file.is_none()), called, &self.program, &path)
                .context("the reference has no command")
        };
        let text = fs::read(&self.program.path)
            .with_context(|| format!("cannot read {}", self.program.path.display()))?;
        let wrong = self.wrong.iter();
        let wrong = wrong.map(|it| peer(&it.name, &it.file, it.variant.source.as_bytes()));
        Ok((peer(&self.base, self.program.relative(), &text)?, wrong.collect::<Result<_, _>>()?))
    }
}

fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The files beside a program that it imports, directly or indirectly, relative to its root.
fn modules(program: &Program) -> Vec<PathBuf> {
    let own = program.path.parent().map(Path::to_owned).unwrap_or_default();
    let mut found = BTreeSet::new();
    let mut waiting = vec![program.path.clone()];
    while let Some(file) = waiting.pop() {
        let text = fs::read(&file).unwrap_or_default();
        for name in imported(&String::from_utf8_lossy(&text)) {
            let path = own.join(format!("{name}.py"));
            let is_new = path != program.path && !found.contains(&path);
            if is_new && found.len() < MODULES_MAX && path.is_file() {
                waiting.push(path.clone());
                found.insert(path);
            }
        }
    }
    let below = |path: &PathBuf| path.strip_prefix(&program.root).ok().map(Path::to_owned);
    found.iter().filter_map(below).collect()
}

/// The modules that the `import` statements of a Python text name.
fn imported(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for line in text.lines().map(str::trim_start) {
        let listed: Vec<&str> = if let Some(rest) = line.strip_prefix("import ") {
            rest.split(',').collect()
        } else if let Some(rest) = line.strip_prefix("from ") {
            rest.split(" import").take(1).collect()
        } else {
            continue;
        };
        let first = |name: &str| name.trim().split([' ', '.', ';', '#']).next().map(str::to_owned);
        names.extend(listed.into_iter().filter_map(first).filter(|name| !name.is_empty()));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_that_a_text_names_are_found() {
        let text =
            "import os, wire as w\n  from frames.json import x\nfrom . import y\nimportant = 1\n";
        assert_eq!(imported(text), ["os", "wire", "frames"]);
    }
}
