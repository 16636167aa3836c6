//! What is right for a client of frames that a network or a server has done harm to, given the bytes
//! it was given.

use std::borrow::Cow;

use model::blob::Blob;
use model::{Ending, Harmed, Input, files_beside};

use crate::oracle::{Frame, Oracle, OracleError};

/// The longest file and the longest answer that a receiver takes, unless told otherwise.
const FILE_MAX_BYTES: u64 = 1 << 40;
const ANSWER_MAX_BYTES: u64 = 256 << 20;
/// The clause by which a `file_name` is refused.
const REFUSED_NAME: Cow<'static, str> = Cow::Borrowed("FR-7");

/// What a client that fetches a file makes of these bytes.
pub(crate) fn file_from(
    given: &[u8],
    input: &Input,
    oracle: &Oracle,
) -> Result<Harmed, OracleError> {
    let frames = oracle.read_frames(given, "file_size", FILE_MAX_BYTES, 1)?;
    let Some(frame) = frames.first() else { return Ok(Harmed::default()) };
    let mut files = files_beside(input);
    let mut harmed = Harmed { ending: Some(Ending::Broken), ..Harmed::default() };
    // The dict is shown as soon as it is known to be that of a frame.
    let shown = match frame.clause.as_deref() {
        None | Some("FR-5") => format!("{}\n", frame.dict),
        Some(_) => String::new(),
    };
    harmed.stdout = Some(shown.into_bytes().into());
    harmed.clause = match &frame.clause {
        // A name is refused before the body comes.
        None | Some(Cow::Borrowed("FR-5")) if frame.name_is_refused() => Some(REFUSED_NAME),
        refused => refused.clone(),
    };
    harmed.is_left_waiting = frame.is_cut_short() && harmed.clause != Some(REFUSED_NAME);
    if let (None, Some(name)) = (&harmed.clause, &frame.name) {
        // A link's name is taken, and a file's; not that of something else.
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

/// What a client that has typed these lines makes of these bytes, an answer to each that isn't
/// empty.
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

/// The text of an answer, or the clause it goes against.
fn answer_of(
    frame: &Frame,
    oracle: &Oracle,
) -> Result<Result<String, Cow<'static, str>>, OracleError> {
    Ok(match &frame.clause {
        Some(clause) => Err(clause.clone()),
        None => oracle.decode_gbk(&frame.body)?.ok_or(Cow::Borrowed("RC-8")),
    })
}
