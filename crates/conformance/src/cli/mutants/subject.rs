//! The subjects of a trial: protocols of files, scenarios of the tutorials, and the Python programs of their
//! references.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::peer::{Peer, Template};
use engine::plan::choose_scenarios;
use model::observation::Role;
use model::{Scenario, Truth};

use super::super::Usage;
use super::super::setup::Known;

/// A protocol or a scenario.
pub(super) struct Subject {
    pub(super) known: Known,
    pub(super) scenario: Arc<dyn Scenario>,
    /// The protocol's file, as the user gave it.
    pub(super) file: Option<PathBuf>,
}

/// A program of the reference.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) role: Role,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its index in the command.
    pub(super) at: usize,
    /// The directory whose files are copied or linked beside each mutant.
    pub(super) root: PathBuf,
}

/// What the arguments name: files, and scenarios or globs over them.
pub(super) fn chosen(targets: &[PathBuf]) -> anyhow::Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for target in targets {
        if target.extension().is_some_and(|it| it == "toml") || target.is_file() {
            let known = Known::with(std::slice::from_ref(target), &[])?;
            for protocol in known.protocols.clone() {
                let (known, file) = (known.clone(), Some(target.clone()));
                subjects.push(Subject { known, scenario: protocol, file });
            }
        } else {
            let glob = target.to_string_lossy().into_owned();
            for scenario in choose_scenarios(&[glob], &Known::new().catalogue)? {
                // Each subject has its own oracle.
                let known = Known::new();
                let scenario = known.catalogue.scenario(scenario.name()).cloned();
                let file = None;
                subjects.extend(scenario.map(|scenario| Subject { known, scenario, file }));
            }
        }
    }
    Ok(subjects)
}

impl Subject {
    /// Its name in messages.
    pub(super) fn shown(&self) -> String {
        match &self.file {
            Some(file) => file.display().to_string(),
            None => self.scenario.name().to_owned(),
        }
    }

    /// The reference's Python programs in the wanted roles. `base` is the directory of a tutorial's programs.
    /// The notes say why a role is left out.
    pub(super) fn programs(
        &self,
        wanted: Option<Role>,
        reference: &Peer,
        base: &Path,
    ) -> anyhow::Result<(Vec<Program>, Vec<String>)> {
        let (mut programs, mut refused) = (Vec::new(), Vec::new());
        for role in [Role::Server, Role::Client] {
            if wanted.is_some_and(|wanted| wanted != role) {
                continue;
            }
            let Some(template) = reference.template(role, self.scenario.name()) else { continue };
            match program(role, template, base, self.root(base)) {
                Ok(program) => programs.push(program),
                Err(why) => refused.push((role, why)),
            }
        }
        if !programs.is_empty() {
            let left_out = refused.iter().map(|(role, why)| {
                format!("the {role} of {} {why}, so only the other end is tried", self.shown())
            });
            return Ok((programs, left_out.collect()));
        }
        match refused.first() {
            Some((role, why)) => Err(self.refusal(*role, why)),
            None => {
                let role = wanted.map_or("program", Role::name);
                Err(Usage(format!("{} has no {role} of its own", self.shown())).into())
            }
        }
    }

    /// The error for a role's program, with its line if there is one.
    pub(super) fn refusal(&self, role: Role, why: &str) -> anyhow::Error {
        let help = "mutants are wrong variants of Python source: give the path of a Python program";
        match self.known.protocols.first() {
            Some(protocol) => {
                let what = format!("the {role} {why}");
                protocol.refused_program(role, &what, help).into()
            }
            None => Usage(format!("the {role} of {} {why}", self.shown())).into(),
        }
    }

    /// The directory of the protocol's file; `None` if the program's own directory is enough.
    fn root(&self, base: &Path) -> Option<PathBuf> {
        (self.scenario.truth() == Truth::Reference).then(|| base.to_owned())
    }
}

/// The Python program of a command, or the reason why there is none.
fn program(
    role: Role,
    template: &Template,
    base: &Path,
    root: Option<PathBuf>,
) -> Result<Program, String> {
    let argv = &template.0;
    let first = argv.first().map(String::as_str).unwrap_or_default();
    let is_python = Path::new(first)
        .file_name()
        .is_some_and(|name| name.to_string_lossy().to_lowercase().starts_with("py"));
    let is_source = |argument: &str| {
        let path = base.join(argument);
        path.is_file() && (path.extension().is_some_and(|it| it == "py") || has_shebang(&path))
    };
    let at = if is_python {
        argv.iter().enumerate().skip(1).find(|(_, argument)| is_source(argument))
    } else {
        argv.iter().enumerate().next().filter(|(_, argument)| is_source(argument))
    };
    let Some((at, argument)) = at else {
        let shown = Path::new(first).strip_prefix(base).unwrap_or(Path::new(first)).display();
        return Err(if is_python {
            format!("is started by {first:?} without the path of a Python program")
        } else {
            format!("is not a Python program: {:?}", shown.to_string())
        });
    };
    let path = base.join(argument);
    let own = path.parent().map(Path::to_owned).unwrap_or_default();
    let root = root.filter(|root| own.starts_with(root)).unwrap_or(own);
    Ok(Program { role, path, at, root })
}

/// Whether the first line of a file names Python.
fn has_shebang(path: &Path) -> bool {
    let text = std::fs::read(path).unwrap_or_default();
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    first.starts_with(b"#!") && String::from_utf8_lossy(first).contains("python")
}

impl Program {
    /// The path relative to the copied directory.
    pub(super) fn relative(&self) -> &Path {
        self.path.strip_prefix(&self.root).unwrap_or(&self.path)
    }

    /// The reference's command for its role, with the program at this path.
    pub(super) fn command(&self, template: &Template, path: &Path) -> Template {
        let mut argv = template.0.clone();
        if let Some(argument) = argv.get_mut(self.at) {
            *argument = path.to_string_lossy().into_owned();
        }
        Template(argv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(argv: &[&str], base: &Path) -> Result<(PathBuf, usize), String> {
        let template = Template(argv.iter().map(ToString::to_string).collect());
        let found = program(Role::Server, &template, base, Some(base.to_owned()))?;
        Ok((found.relative().to_owned(), found.at))
    }

    #[test]
    fn a_python_program_is_found_in_each_form_of_a_command() {
        let base = tempfile::tempdir().unwrap();
        std::fs::create_dir(base.path().join("src")).unwrap();
        std::fs::write(base.path().join("src/server.py"), "").unwrap();
        std::fs::write(base.path().join("tool"), "#!/usr/bin/env python3\n").unwrap();
        std::fs::write(base.path().join("binary"), "\x7fELF").unwrap();
        let server = PathBuf::from("src/server.py");
        for (argv, expected) in [
            (&["python3", "src/server.py", "{port}"][..], Ok((server.clone(), 1))),
            (&["/usr/bin/python3.12", "-X", "utf8", "src/server.py"], Ok((server, 3))),
            (&["tool", "{port}"], Ok((PathBuf::from("tool"), 0))),
            (&["binary"], Err("is not a Python program: \"binary\"".to_owned())),
            (&["node", "src/server.py"], Err("is not a Python program: \"node\"".to_owned())),
            (
                &["python3", "-m", "http.server"],
                Err("is started by \"python3\" without the path of a Python program".to_owned()),
            ),
        ] {
            assert_eq!(found(argv, base.path()), expected, "{argv:?}");
        }
    }
}
