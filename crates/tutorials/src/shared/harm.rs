//! What is right for a client of frames in a faulty exchange, given the bytes that it received.

use std::borrow::Cow;

use model::blob::Blob;
use model::{Ending, Harmed, Input, files_beside};

use crate::oracle::{Frame, Oracle, OracleError};

/// The longest file and the longest answer that a receiver accepts by default.
const FILE_MAX_BYTES: u64 = 1 << 40;
const ANSWER_MAX_BYTES: u64 = 256 << 20;
/// The clause by which a client refuses a `file_name`.
const REFUSED_NAME: Cow<'static, str> = Cow::Borrowed("FR-7");

/// What is right for a client that fetches a file and receives these bytes.
pub(crate) fn file_from(
    given: &[u8],
    input: &Input,
    oracle: &Oracle,
) -> Result<Harmed, OracleError> {
    let frames = oracle.read_frames(given, "file_size", FILE_MAX_BYTES, 1)?;
    let Some(frame) = frames.first() else { return Ok(Harmed::default()) };
    let mut files = files_beside(input);
    let mut harmed = Harmed { ending: Some(Ending::Broken), ..Harmed::default() };
    // The client shows the dict as soon as it knows that the frame's head is valid.
    let shown = match frame.clause.as_deref() {
        None | Some("FR-5") => format!("{}\n", frame.dict),
        Some(_) => String::new(),
    };
    harmed.stdout = Some(shown.into_bytes().into());
    harmed.clause = match &frame.clause {
        // The client refuses a name before the body comes.
        None | Some(Cow::Borrowed("FR-5")) if frame.name_is_refused() => Some(REFUSED_NAME),
        refused => refused.clone(),
    };
    harmed.is_left_waiting = frame.is_cut_short() && harmed.clause != Some(REFUSED_NAME);
    if let (None, Some(name)) = (&harmed.clause, &frame.name) {
        // The client may replace a file or a link, and nothing else.
        let is_other =
            |there: &Blob| [&b"(a directory)"[..], b"(a named pipe)"].contains(&&there.0[..]);
        if files.get(name).is_some_and(is_other) {
            harmed.clause = None;
        } else {
            files.insert(name.clone(), frame.body.clone().into());
            harmed.ending = Some(Ending::Complete);
        }
    }
    harmed.files = Some(files);
    Ok(harmed)
}

/// What is right for a client that has sent these lines and receives these bytes. Each line that is
/// not empty has an answer.
pub(crate) fn answers_from(
    given: &[u8],
    input: &Input,
    prompt: &str,
    oracle: &Oracle,
) -> Result<Harmed, OracleError> {
    let asked = input.lines.iter().filter(|line| !line.0.is_empty()).count();
    let mut frames = oracle.read_frames(given, "data_size", ANSWER_MAX_BYTES, asked)?.into_iter();
    let mut harmed = Harmed::writing_nothing(input);
    let mut screen = String::new();
    for line in &input.lines {
        screen.push_str(prompt);
        if line.0.is_empty() {
            continue;
        }
        let Some(frame) = frames.next() else { break };
        match answer_of(&frame, oracle)? {
            Ok(text) => {
                screen.push_str(&text);
                screen.push('\n');
            }
            Err(clause) => {
                harmed.clause = Some(clause);
                harmed.is_left_waiting = frame.is_cut_short();
                break;
            }
        }
    }
    harmed.ending = Some(Ending::Broken);
    if harmed.clause.is_none() {
        screen.push_str(prompt);
        harmed.ending = Some(Ending::Complete);
    }
    harmed.stdout = Some(screen.into_bytes().into());
    Ok(harmed)
}

/// The text of an answer, or the clause that it breaks.
fn answer_of(
    frame: &Frame,
    oracle: &Oracle,
) -> Result<Result<String, Cow<'static, str>>, OracleError> {
    Ok(match &frame.clause {
        Some(clause) => Err(clause.clone()),
        None => oracle.decode_gbk(&frame.body)?.ok_or(Cow::Borrowed("RC-8")),
    })
}
