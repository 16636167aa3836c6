//! `framecheck pythons`: the same cases under every CPython of this machine.

use std::io::{self, Write};

use anyhow::bail;
use framecheck::interpreters::{Interpreter, installed};
use model::event::{Event, Sink};
use report::{Human, Versions};

use super::RunArgs;
use super::out::stdout;
use super::run::{chosen, files, play, verdict_of};

pub(super) fn main(args: &RunArgs) -> anyhow::Result<bool> {
    if args.rewrite_expected {
        bail!("what fails may differ from version to version: write it anew with framecheck run");
    }
    let (planned, _) = chosen(args)?;
    let reference = super::setup::reference(&args.setup.means)?;
    let interpreters = installed(reference.directory());
    if interpreters.is_empty() {
        bail!("no python3.8 or later on the PATH or under pyenv");
    }
    let mut versions = Versions::default();
    let mut green = true;
    for Interpreter { version, path } in interpreters {
        writeln!(stdout(), "\nCPython {version}")?;
        versions.begin(&version);
        let mut with = args.setup.clone();
        with.means.python = path.into_os_string();
        with.means.reference = Some(reference.directory().to_owned());
        let out = args.out.join(format!("python{version}"));
        let mut sinks = files(&out, planned.catalogue())?;
        sinks.push(Box::new(Human::new(stdout())));
        let mut column = Column(&mut versions);
        let mut sinks: Vec<Box<dyn Sink + '_>> = sinks;
        sinks.push(Box::new(&mut column));
        green &= verdict_of(&play(args, &with, planned.clone(), None, &out, &mut sinks)?)?;
    }
    writeln!(stdout(), "\nall versions, over all pairings:")?;
    versions.write(&mut stdout())?;
    Ok(green)
}

/// Fills the column that was begun last.
struct Column<'a>(&'a mut Versions);

impl Sink for &mut Column<'_> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        if let Event::Finished(case) = event {
            self.0.add(case);
        }
        Ok(())
    }
}
