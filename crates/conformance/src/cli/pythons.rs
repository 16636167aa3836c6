//! `framecheck pythons`: plays the same cases under every CPython of this machine.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::bail;
use engine::claim::Claim;
use framecheck::interpreters::{Interpreter, installed};
use model::event::{Event, Sink};
use report::{Human, Versions};

use super::RunArgs;
use super::claims::claim;
use super::out::stdout;
use super::run::{chosen, files, page, play};

pub(super) fn main(args: &RunArgs) -> anyhow::Result<bool> {
    if args.rewrite_expected {
        bail!("the failures may differ between versions: rewrite the file with framecheck run");
    }
    let (planned, _) = chosen(args)?;
    let reference = super::setup::reference(&args.setup.means)?;
    let interpreters = installed(reference.directory());
    if interpreters.is_empty() {
        bail!("no python3.8 or later on the PATH or under pyenv");
    }
    let claims: anyhow::Result<Vec<Claim>> =
        interpreters.iter().map(|it| claim(&directory_of(args, it))).collect();
    let _claims = claims?;
    let mut versions = Versions::default();
    let mut green = true;
    for interpreter in interpreters {
        let out = directory_of(args, &interpreter);
        let Interpreter { version, path } = interpreter;
        writeln!(stdout(), "\nCPython {version}")?;
        versions.begin(&version);
        let mut with = args.setup.clone();
        with.means.python = path.into_os_string();
        with.means.reference = Some(reference.directory().to_owned());
        let mut sinks = files(&out, planned.catalogue())?;
        sinks.push(Box::new(Human::new(stdout()).with_page(page(&out))));
        let mut column = Column(&mut versions);
        let mut sinks: Vec<Box<dyn Sink + '_>> = sinks;
        sinks.push(Box::new(&mut column));
        green &= play(args, &with, planned.clone(), None, &out, &mut sinks)?.verdict()?;
    }
    writeln!(stdout(), "\nall versions, over all pairings:")?;
    versions.write(&mut stdout())?;
    Ok(green)
}

/// The directory for the reports under one interpreter.
fn directory_of(args: &RunArgs, interpreter: &Interpreter) -> PathBuf {
    args.out.join(format!("python{}", interpreter.version))
}

/// Fills the last column of the table.
struct Column<'a>(&'a mut Versions);

impl Sink for &mut Column<'_> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        if let Event::Finished(case) = event {
            self.0.add(case);
        }
        Ok(())
    }
}
