//! The C locale: what CPython passes on as `LC_CTYPE`.

use std::ffi::OsString;

use pytext::{PythonVersion, coerced_ctype};

use crate::python::{Python, same};

/// The variables that decide, and their possible values.
const VARIABLES: [&str; 4] = ["LC_ALL", "LC_CTYPE", "LANG", "PYTHONCOERCECLOCALE"];
const LOCALES: [Option<&str>; 4] = [None, Some(""), Some("C"), Some("C.UTF-8")];
const COERCE: [Option<&str>; 3] = [None, Some("0"), Some("1")];

type Environment = [Option<&'static str>; 4];

fn environments() -> Vec<Environment> {
    let mut all = vec![];
    for lc_all in LOCALES {
        for lc_ctype in LOCALES {
            for lang in LOCALES.into_iter().chain([Some("POSIX")]) {
                all.extend(COERCE.map(|coerce| [lc_all, lc_ctype, lang, coerce]));
            }
        }
    }
    all
}

#[test]
fn every_environment_is_handed_on_as_cpython_does() {
    // Starting an interpreter for each combination takes long, so interpreters that are not under
    // test get every seventh.
    let script = r"
import os, subprocess
names = 'LC_ALL', 'LC_CTYPE', 'LANG', 'PYTHONCOERCECLOCALE'
plain = {name: value for name, value in os.environ.items() if name not in names}
for record in records():
    given = dict(pair.split('=', 1) for pair in record.decode().split('\n') if pair)
    code = 'import os; print(ascii(os.environ.get(\'LC_CTYPE\')))'
    child = [sys.executable, '-S', '-c', code]
    put(subprocess.check_output(child, env=dict(plain, **given)).strip())
";
    for python in Python::all() {
        if python.version().is_none_or(|version| version < PythonVersion::V3_7) {
            continue; // 3.6 leaves the environment alone.
        }
        let step = if python.main { 1 } else { 7 };
        let asked: Vec<_> = environments().into_iter().step_by(step).collect();
        let records = asked.iter().map(|environment| {
            let pairs = VARIABLES
                .iter()
                .zip(environment)
                .filter_map(|(name, value)| value.map(|value| format!("{name}={value}\n")));
            pairs.collect::<String>().into_bytes()
        });
        let theirs = python.ask_text(script, &records.collect::<Vec<_>>());
        same(python, asked, handed_on, theirs);
    }
}

fn handed_on(environment: &Environment) -> String {
    let variable = |name: &str| {
        let at = VARIABLES.iter().position(|it| *it == name)?;
        environment[at].map(OsString::from)
    };
    match coerced_ctype(variable).or(environment[1]) {
        Some(value) => format!("'{value}'"),
        None => "None".to_owned(),
    }
}
