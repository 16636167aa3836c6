//! A CPython process that answers one question at a time (`python-ref/oracle.py`).

use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use pyjson::{DumpsError, DumpsOptions, LoadsError, LoadsOptions, PyString, PythonVersion, Value};
use serde_json::{Value as Json, json};

/// A running CPython.
pub(crate) struct Oracle {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub(crate) python: PythonVersion,
}

/// An exception, as both CPython and pyjson describe it.
#[derive(PartialEq)]
pub(crate) struct Raised {
    pub(crate) exception: String,
    pub(crate) message: String,
    /// `msg` of a `JSONDecodeError`, or the message of any other exception.
    pub(crate) msg: String,
    /// `lineno`, `colno` and `pos` of a `JSONDecodeError`.
    pub(crate) place: Option<[u64; 3]>,
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.exception, self.message)
    }
}

impl Oracle {
    /// The interpreter that `FRAMECHECK_PYTHON` names, or `python3`.
    pub(crate) fn new() -> Self {
        let python = std::env::var_os("FRAMECHECK_PYTHON").unwrap_or_else(|| "python3".into());
        Self::of(&python).unwrap_or_else(|| panic!("{}: cannot be run", python.display()))
    }

    /// An interpreter, or `None` if it can't be run.
    pub(crate) fn of(python: &OsStr) -> Option<Self> {
        let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let script = above.map(|root| root.join("python-ref/oracle.py")).find(|it| it.is_file());
        let mut child = Command::new(python)
            .arg("-S")
            .arg(script.expect("python-ref is in the repository"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take()?);
        let mut oracle = Self { child, requests, answers, python: PythonVersion::V3_13 };
        let version = oracle.try_ask(&json!({"op": "version"}))?;
        let minor = u8::try_from(version["ok"][1].as_u64()?).ok()?;
        // A version newer than all known ones is compared with the newest known one.
        oracle.python = PythonVersion::from_minor(minor).unwrap_or_default();
        Some(oracle)
    }

    /// The interpreter of one version: `python3.N` of pyenv or of the search path.
    pub(crate) fn of_version(version: PythonVersion) -> Option<Self> {
        Self::find(version).map(|(oracle, _)| oracle)
    }

    /// The path of one version's interpreter, if it can be run.
    pub(crate) fn executable_of_version(version: PythonVersion) -> Option<PathBuf> {
        Self::find(version).map(|(_, python)| python)
    }

    fn find(version: PythonVersion) -> Option<(Self, PathBuf)> {
        let name = format!("python3.{}", version.minor());
        let pyenv = std::env::var_os("PYENV_ROOT")
            .map(PathBuf::from)
            .or_else(|| Some(std::env::home_dir()?.join(".pyenv")));
        let installed = pyenv.and_then(|root| root.join("versions").read_dir().ok());
        let installed = installed.into_iter().flatten().flatten();
        let candidates = installed.map(|entry| entry.path().join("bin").join(&name));
        // The path comes last: pyenv's commands there take longer to start.
        candidates
            .chain(std::iter::once(PathBuf::from(&name)))
            .chain((version == PythonVersion::V3_14).then(pyodide).flatten())
            .filter_map(|python| Some((Self::of(python.as_os_str())?, python)))
            .find(|(oracle, _)| oracle.python == version)
    }

    pub(crate) fn ask(&mut self, request: &Json) -> Json {
        self.try_ask(request).unwrap_or_else(|| {
            let mut said = String::new();
            let _ = self.child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
            panic!("no answer to {request}: {said}")
        })
    }

    fn try_ask(&mut self, request: &Json) -> Option<Json> {
        let requests = self.requests.as_mut()?;
        requests.write_all(format!("{request}\n").as_bytes()).ok()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).ok()?;
        serde_json::from_str(&answer).ok()
    }

    /// `json.loads` of a `str`, written again by `json.dumps` as [`redump`] does.
    pub(crate) fn loads(&mut self, text: &PyString) -> Result<PyString, Raised> {
        text_or_raised(&self.ask(&loads_request(text)))
    }

    /// `json.loads` of `bytes`, written again by `json.dumps` as [`redump`] does.
    pub(crate) fn loads_bytes(&mut self, bytes: &[u8]) -> Result<PyString, Raised> {
        let request = json!({"op": "loads", "data": hex(bytes), "dumps": {"ensure_ascii": false}});
        text_or_raised(&self.ask(&request))
    }

    /// `json.dumps` with keyword arguments.
    pub(crate) fn dumps(&mut self, value: &Value, options: &Json) -> Result<PyString, Raised> {
        let request = json!({"op": "dumps", "value": spell(value), "dumps": options});
        text_or_raised(&self.ask(&request))
    }

    /// The options with which pyjson imitates this interpreter.
    pub(crate) fn loads_options(&self) -> LoadsOptions {
        LoadsOptions::new().python(self.python)
    }

    /// The options with which pyjson imitates this interpreter.
    pub(crate) fn dumps_options(&self) -> DumpsOptions {
        DumpsOptions::new().python(self.python)
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.child.wait();
    }
}

/// CPython 3.14 compiled to WebAssembly, which `tests/pyodide/install` gets; without it, this prints
/// the reason.
fn pyodide() -> Option<PathBuf> {
    // Fuzz targets use this file, too, and have no such directory.
    let directory = Path::new(option_env!("CARGO_TARGET_TMPDIR")?).join("pyodide");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pyodide/install");
    let installed = Command::new(script).arg(&directory).stdin(Stdio::null()).status().ok()?;
    installed.success().then(|| directory.join("python3.14"))
}

/// The result of an op that gives text.
pub(crate) fn text_or_raised(answer: &Json) -> Result<PyString, Raised> {
    if let Some(text) = answer["ok"].as_str() {
        let code_points = generalized(&unhex(text));
        return Ok(PyString::from_code_points(code_points).unwrap());
    }
    Err(Raised {
        exception: answer["error"].as_str().unwrap().to_owned(),
        message: answer["message"].as_str().unwrap().to_owned(),
        msg: answer["msg"].as_str().or(answer["message"].as_str()).unwrap().to_owned(),
        place: ["lineno", "colno", "pos"]
            .map(|name| answer[name].as_u64())
            .into_iter()
            .collect::<Option<Vec<u64>>>()
            .and_then(|place| place.try_into().ok()),
    })
}

/// What [`Oracle::loads`] asks.
pub(crate) fn loads_request(text: &PyString) -> Json {
    let bytes = text.as_generalized_utf8();
    let mut request = json!({"op": "loads", "text_hex": hex(bytes)});
    // Options take a level of nesting, so they are left out if they make no difference.
    if bytes.iter().any(|byte| *byte == b'\\' || *byte >= 0x7f) {
        request["dumps"] = json!({"ensure_ascii": false});
    }
    request
}

/// pyjson's `dumps` of what it loaded, or its error.
///
/// Without `ensure_ascii`: as escapes, two surrogates are written like the character of their pair,
/// and a wrong reading would look right.
pub(crate) fn redump(loaded: Result<Value, LoadsError>) -> Result<PyString, Raised> {
    let count = |number: Option<usize>| number.map(|n| u64::try_from(n).unwrap());
    match loaded {
        Ok(value) => Ok(DumpsOptions::new()
            .ensure_ascii(false)
            .max_depth(usize::MAX)
            .int_max_str_digits(None)
            .dumps(&value)
            .unwrap()),
        Err(error) => Err(Raised {
            exception: error.exception().to_owned(),
            message: error.to_string(),
            msg: error.message().into_owned(),
            place: [error.line(), error.column(), error.offset()]
                .map(count)
                .into_iter()
                .collect::<Option<Vec<u64>>>()
                .and_then(|place| place.try_into().ok()),
        }),
    }
}

/// pyjson's refusal to write a value.
pub(crate) fn raised(error: &DumpsError) -> Raised {
    let message = error.to_string();
    Raised { exception: error.exception().into(), msg: message.clone(), message, place: None }
}

/// A value in the oracle's notation, which is not JSON's.
fn spell(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(int) => json!(["i", int.to_string()]),
        Value::Float(float) => json!(["f", format!("{:016x}", float.to_bits())]),
        Value::Str(string) => json!(["s", hex(string.as_generalized_utf8())]),
        Value::List(items) => json!(["l", items.iter().map(spell).collect::<Vec<_>>()]),
        Value::Dict(dict) => {
            let entry = |(key, value): (&PyString, &Value)| {
                json!([hex(key.as_generalized_utf8()), spell(value)])
            };
            json!(["d", dict.iter().map(entry).collect::<Vec<_>>()])
        }
    }
}

/// The code points of UTF-8 with surrogates, decoded without pyjson.
fn generalized(bytes: &[u8]) -> Vec<u32> {
    let mut code_points = Vec::new();
    for byte in bytes {
        let byte = u32::from(*byte);
        match byte {
            0x80..0xc0 => *code_points.last_mut().unwrap() <<= 6,
            0xc0..0xe0 => code_points.push(byte & 0x1f),
            0xe0..0xf0 => code_points.push(byte & 0x0f),
            0xf0.. => code_points.push(byte & 0x07),
            _ => code_points.push(byte),
        }
        if byte & 0xc0 == 0x80 {
            *code_points.last_mut().unwrap() |= byte & 0x3f;
        }
    }
    code_points
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    assert!(odd.is_empty());
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
