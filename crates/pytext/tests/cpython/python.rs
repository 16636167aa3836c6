//! The interpreters, and batches of questions to them. Only this module starts processes.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fmt, thread};

use pytext::PythonVersion;

/// Records in both directions are a length of four bytes, big-endian, and that many bytes.
const PRELUDE: &str = r"
import sys
def records():
    data, at = sys.stdin.buffer.read(), 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at:at + 4], 'big')
        yield data[at + 4:end]
        at = end
answers = []
def put(answer):
    if isinstance(answer, str):
        answer = answer.encode('utf-8', 'surrogatepass')
    answers.append(len(answer).to_bytes(4, 'big') + answer)
def attempt(call, *arguments):
    try:
        put(call(*arguments))
    except UnicodeError as error:
        put('! ' + str(error))
";

/// One CPython.
#[derive(Clone)]
pub(crate) struct Python {
    executable: String,
    release: String,
    /// Whether it is the one under test, which gets all questions.
    pub(crate) main: bool,
}

impl Python {
    /// The interpreter under test.
    pub(crate) fn main() -> Self {
        Self::all()[0].clone()
    }

    /// The interpreter under test and the others.
    pub(crate) fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Python>> = OnceLock::new();
        ALL.get_or_init(|| {
            let named = env::var_os("FRAMECHECK_PYTHON").unwrap_or_else(|| "python3".into());
            let main = Self::find(&named).expect("a CPython as FRAMECHECK_PYTHON or python3");
            let mut all = vec![Self { main: true, ..main }];
            for version in PythonVersion::ALL {
                match Self::find(format!("python{version}").as_ref()) {
                    Some(found) if all.iter().all(|it| it.executable != found.executable) => {
                        all.push(found);
                    }
                    Some(_) => {}
                    None => note(&format!("no python{version} on PATH")),
                }
            }
            all
        })
    }

    fn find(name: &OsStr) -> Option<Self> {
        let ask = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2], \
                   sys.executable)";
        let output = Command::new(name).args(["-I", "-c", ask]).output().ok()?;
        let answer = String::from_utf8(output.stdout).ok()?;
        let (release, executable) = answer.trim_end().strip_prefix("cpython ")?.split_once(' ')?;
        Some(Self { executable: executable.into(), release: release.into(), main: false })
    }

    /// Its series, or `None` for one that this crate does not know, which it reports on stderr.
    pub(crate) fn version(&self) -> Option<PythonVersion> {
        let version = self.release.parse::<PythonVersion>();
        version.map_err(|error| note(&error.to_string())).ok()
    }

    /// The answers of one run of the script, which reads `records()` and calls `put` or `attempt`.
    pub(crate) fn ask(&self, script: &str, records: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let script = format!("{PRELUDE}\n{script}\nsys.stdout.buffer.write(b''.join(answers))");
        let mut input = Vec::new();
        for record in records {
            input.extend(u32::try_from(record.len()).unwrap().to_be_bytes());
            input.extend(record);
        }
        split_records(&self.run(&["-I", "-c", &script], &[&input]))
    }

    /// [`Python::ask`] for answers that are text.
    pub(crate) fn ask_text(&self, script: &str, records: &[Vec<u8>]) -> Vec<String> {
        let answers = self.ask(script, records);
        answers.into_iter().map(|answer| String::from_utf8(answer).unwrap()).collect()
    }

    /// The output of a program run as `python3 -u -c` that gets these chunks.
    pub(crate) fn unbuffered(&self, program: &str, chunks: &[&[u8]]) -> Vec<u8> {
        self.shown(&["-u"], program, chunks)
    }

    /// The output of a program run with these flags that gets these chunks.
    pub(crate) fn shown(&self, flags: &[&str], program: &str, chunks: &[&[u8]]) -> Vec<u8> {
        self.run(&[&["-I"], flags, &["-c", program]].concat(), chunks)
    }

    fn run(&self, arguments: &[&str], chunks: &[&[u8]]) -> Vec<u8> {
        let mut child = Command::new(&self.executable)
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("PYTHONUNBUFFERED")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            scope.spawn(move || {
                for chunk in chunks {
                    // A program may end before it has read everything.
                    let _ = stdin.write_all(chunk);
                }
            });
            child.wait_with_output().unwrap()
        });
        assert!(output.status.success(), "{self}: {} in {arguments:?}", output.status);
        output.stdout
    }
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CPython {} ({})", self.release, self.executable)
    }
}

/// Reports what is left out. It writes directly to stderr, because the test harness captures
/// `eprintln` while a test passes.
fn note(what: &str) {
    let _ = writeln!(io::stderr(), "skipped: {what}");
}

fn split_records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (record, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        records.push(record.to_vec());
        bytes = rest;
    }
    records
}

/// Panics with the first pair that differs, or if one list is longer.
#[track_caller]
pub(crate) fn same<Q: fmt::Debug, A: fmt::Debug + PartialEq>(
    python: &Python,
    questions: impl IntoIterator<Item = Q>,
    ours: impl Fn(&Q) -> A,
    theirs: impl IntoIterator<Item = A>,
) {
    let mut theirs = theirs.into_iter();
    let mut count = 0;
    for question in questions {
        let answer = theirs.next().unwrap_or_else(|| panic!("{python}: no answer to {question:?}"));
        assert_eq!(ours(&question), answer, "{question:?}: ours, and that of {python}");
        count += 1;
    }
    assert!(theirs.next().is_none(), "{python}: more than {count} answers");
    assert!(count > 0, "{python}: nothing was asked");
}
