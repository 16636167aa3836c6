//! Asks CPython what it would print, pack or decode. Every golden byte comes from here, none from our own
//! encoders.
//!
//! It talks to one long-lived `python-ref/oracle.py`. A question is a line of JSON, and so is the answer.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use model::blob::{from_hex, to_hex};
use serde_json::{Value, json};

/// A CPython that answers questions once it has been started.
#[derive(Debug, Default)]
pub struct Oracle {
    process: Mutex<Option<Asking>>,
}

#[derive(Debug)]
struct Asking {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The oracle did not answer.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    /// The oracle has not been started.
    #[error("the oracle has not been started")]
    NotStarted,
    /// Communication with the oracle failed.
    #[error("the oracle: {0}")]
    Io(io::Error),
    /// The oracle gave an answer of the wrong kind.
    #[error("the oracle answers {found} to {op:?}")]
    Answer {
        /// The question.
        op: &'static str,
        /// The answer.
        found: String,
    },
}

// The message already includes the cause, which would otherwise appear twice.
impl From<io::Error> for OracleError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A frame as CPython reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The first clause that the frame breaks, if any.
    pub clause: Option<Cow<'static, str>>,
    /// Whether the frame could change if the stream had gone on.
    cut_short: bool,
    /// `repr` of the dict, if the frame has one.
    pub dict: String,
    /// Its `file_name` as a directory shows it, if a file can have that name.
    pub name: Option<String>,
    /// Its body, as far as it came.
    pub body: Vec<u8>,
}

impl Frame {
    fn of(answer: &Value) -> Option<Self> {
        let text = |key| answer.get(key).and_then(Value::as_str).and_then(from_hex);
        let clause = match answer.get("clause")? {
            Value::Null => None,
            clause => Some(crate::common_clause(clause.as_str()?)?.id.clone()),
        };
        Some(Self {
            clause,
            cut_short: answer.get("cut_short")?.as_bool()?,
            dict: String::from_utf8(text("dict")?).ok()?,
            name: text("name").map(|name| String::from_utf8_lossy(&name).into_owned()),
            body: text("body")?,
        })
    }

    /// Whether the frame has a dict without a valid file name.
    #[must_use]
    pub fn name_is_refused(&self) -> bool {
        !self.dict.is_empty() && self.name.is_none()
    }

    /// Whether the frame is cut off, and the bytes before the cut are valid.
    #[must_use]
    pub const fn is_cut_short(&self) -> bool {
        self.cut_short
    }
}

impl Oracle {
    /// Starts the oracle, or restarts it: runs the interpreter `python` on the programs in `reference`. `started`
    /// gets the child process before anything else happens.
    ///
    /// # Errors
    /// The interpreter can't be started.
    pub fn start(
        &self,
        mut python: Command,
        reference: &Path,
        started: impl FnOnce(&Child),
    ) -> io::Result<()> {
        python.arg(reference.join("oracle.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn()?;
        started(&child);
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipes"));
        };
        let asking = Asking { child, questions, answers: BufReader::new(answers) };
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(asking);
        Ok(())
    }

    /// `struct.pack('i', len(text)) + text`, with `text = json.dumps(dict)`.
    ///
    /// # Errors
    /// See [`OracleError`]; this holds for all these functions.
    pub fn frame_head(&self, dict: &Value) -> Result<Vec<u8>, OracleError> {
        self.ask_bytes("frame", &json!({"op": "frame", "dict": dict.to_string()}))
    }

    /// `repr` of the value that `json.loads` makes of the text.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn repr(&self, value: &Value) -> Result<String, OracleError> {
        self.ask_text("repr", &json!({"op": "repr", "text": value.to_string()}))
    }

    /// `repr` of bytes.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn repr_bytes(&self, bytes: &[u8]) -> Result<String, OracleError> {
        self.ask_text("repr", &json!({"op": "repr", "data": to_hex(bytes)}))
    }

    /// `struct.pack('i', number)`.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn pack_int(&self, number: i64) -> Result<Vec<u8>, OracleError> {
        let question = json!({"op": "struct_pack", "format": "i", "values": [number]});
        self.ask_bytes("struct_pack", &question)
    }

    /// `str` of the exception for the error of this name, for example `ECONNRESET`.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn os_error(&self, name: &str) -> Result<String, OracleError> {
        self.ask_text("os_error", &json!({"op": "os_error", "name": name}))
    }

    /// A raw socket over IPv4 with this protocol, on this machine and for this user: its family, type and
    /// protocol, or the text of the error.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn raw_socket(&self, protocol: u8) -> Result<String, OracleError> {
        self.ask_text("raw_socket", &json!({"op": "raw_socket", "protocol": protocol}))
    }

    /// `bytes.upper()`.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn upper(&self, bytes: &[u8]) -> Result<Vec<u8>, OracleError> {
        self.ask_bytes("upper", &json!({"op": "upper", "data": to_hex(bytes)}))
    }

    /// `str.strip()`.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn strip(&self, text: &str) -> Result<String, OracleError> {
        self.ask_text("strip", &json!({"op": "strip", "text": text}))
    }

    /// `bytes.strip()`.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn strip_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, OracleError> {
        self.ask_bytes("strip", &json!({"op": "strip", "data": to_hex(bytes)}))
    }

    /// What `print` shows of `len(text)`, of `len(struct.pack('i', len(text)))`, and of that unpacked again, one
    /// line each.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn packed_length(&self, text: &str) -> Result<String, OracleError> {
        let answer = self.ask(&json!({"op": "packed_length", "text": text}))?;
        let shown = answer.get("ok").and_then(Value::as_array);
        let shown = shown.ok_or_else(|| unasked("packed_length", &answer))?;
        Ok(shown.iter().filter_map(Value::as_str).map(|line| format!("{line}\n")).collect())
    }

    /// `bytes.decode('gbk')`; `None` if that raises UnicodeDecodeError.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn decode_gbk(&self, bytes: &[u8]) -> Result<Option<String>, OracleError> {
        let question = json!({"op": "decode", "data": to_hex(bytes), "codec": "gbk"});
        let answer = self.ask(&question)?;
        if answer.get("error").and_then(Value::as_str) == Some("UnicodeDecodeError") {
            return Ok(None);
        }
        text_of("decode", &answer).map(Some)
    }

    /// What a shell command writes to standard output and standard error, with empty standard input.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn shell(&self, command: &str) -> Result<(Vec<u8>, Vec<u8>), OracleError> {
        let answer = self.ask(&json!({"op": "shell", "command": command}))?;
        let stream =
            |index| answer.get("ok")?.get(index).and_then(Value::as_str).and_then(from_hex);
        match (stream(0), stream(1)) {
            (Some(stdout), Some(stderr)) => Ok((stdout, stderr)),
            _ => Err(unasked("shell", &answer)),
        }
    }

    /// How a right reader reads a stream of this many frames that may be cut off: each frame, up to the first that
    /// breaks a clause. A body of more than `body_max` bytes breaks one.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn read_frames(
        &self,
        stream: &[u8],
        size_key: &str,
        body_max: u64,
        count: usize,
    ) -> Result<Vec<Frame>, OracleError> {
        const OP: &str = "read_frames";
        let question = json!({"op": OP, "data": to_hex(stream), "size_key": size_key, "body_max": body_max, "count": count});
        let answer = self.ask(&question)?;
        let frames = answer.get("ok").and_then(Value::as_array);
        let frames = frames.ok_or_else(|| unasked(OP, &answer))?;
        frames.iter().map(|frame| Frame::of(frame).ok_or_else(|| unasked(OP, frame))).collect()
    }

    /// The version of the interpreter: `3.11.7`.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn version(&self) -> Result<String, OracleError> {
        let answer = self.ask(&json!({"op": "version"}))?;
        let numbers = answer.get("ok").and_then(Value::as_array);
        let numbers = numbers.ok_or_else(|| unasked("version", &answer))?;
        Ok(numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("."))
    }

    /// The path of the interpreter itself. The command may be a wrapper that needs time to find it.
    ///
    /// # Errors
    /// See [`OracleError`].
    pub fn executable(&self) -> Result<String, OracleError> {
        self.ask_text("executable", &json!({"op": "executable"}))
    }

    fn ask_text(&self, op: &'static str, question: &Value) -> Result<String, OracleError> {
        text_of(op, &self.ask(question)?)
    }

    fn ask_bytes(&self, op: &'static str, question: &Value) -> Result<Vec<u8>, OracleError> {
        bytes_of(op, &self.ask(question)?)
    }

    fn ask(&self, question: &Value) -> Result<Value, OracleError> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let asking = process.as_mut().ok_or(OracleError::NotStarted)?;
        let mut line = question.to_string();
        line.push('\n');
        asking.questions.write_all(line.as_bytes())?;
        asking.questions.flush()?;
        let mut answer = String::new();
        if asking.answers.read_line(&mut answer)? == 0 {
            let why = "the Python interpreter ended before it answered";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why).into());
        }
        drop(process);
        Ok(serde_json::from_str(&answer).map_err(io::Error::from)?)
    }
}

/// The bytes of an answer, which are hexadecimal in the JSON.
fn bytes_of(op: &'static str, answer: &Value) -> Result<Vec<u8>, OracleError> {
    let hex = answer.get("ok").and_then(Value::as_str);
    hex.and_then(from_hex).ok_or_else(|| unasked(op, answer))
}

/// The text of an answer, as bytes of UTF-8.
fn text_of(op: &'static str, answer: &Value) -> Result<String, OracleError> {
    String::from_utf8(bytes_of(op, answer)?).map_err(|_| unasked(op, answer))
}

fn unasked(op: &'static str, found: &Value) -> OracleError {
    let mut found = found.to_string();
    if let Some((end, _)) = found.char_indices().nth(300) {
        found.truncate(end);
    }
    OracleError::Answer { op, found }
}

impl Drop for Asking {
    fn drop(&mut self) {
        // Kills the oracle without waiting, because it may be running a command.
        let _ = (self.child.kill(), self.child.wait());
    }
}
