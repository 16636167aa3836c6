//! The file name that a server announces, if a plain file in a directory can have it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use frame::Head;
use pyjson::Value;

/// `NAME_MAX` of Linux.
const NAME_MAX_BYTES: usize = 255;

/// The name in the dict.
///
/// # Errors
/// Why the name is refused.
pub(super) fn file_name(head: &Head) -> Result<OsString, String> {
    let name = match head.dict.get("file_name") {
        Some(Value::Str(name)) => name,
        Some(other) => {
            return Err(format!("expected a str as \"file_name\", found {}", other.type_name()));
        }
        None => return Err("the dict has no key \"file_name\"".to_owned()),
    };
    let bytes = name.to_surrogateescape();
    let bytes = bytes.map_err(|error| format!("\"file_name\" is no file name: {error}"))?;
    match why_no_name(&bytes) {
        None => Ok(OsString::from_vec(bytes)),
        Some(why) => {
            let shown = pytext::repr_bytes(bytes.get(..NAME_MAX_BYTES).unwrap_or(&bytes));
            Err(format!("refusing to write {shown}: {why}"))
        }
    }
}

fn why_no_name(name: &[u8]) -> Option<String> {
    let why = match name {
        b"" => "the name is empty",
        b"." | b".." => "that is a directory",
        _ if name.contains(&b'/') => "the name has a directory in it",
        _ if name.contains(&0) => "the name has a NUL in it",
        _ if name.len() > NAME_MAX_BYTES => {
            return Some(format!("the name has {} bytes, over {NAME_MAX_BYTES}", name.len()));
        }
        _ => return None,
    };
    Some(why.to_owned())
}

/// A name from an untrusted server, shown on one line.
pub(super) fn shown(name: &OsStr) -> String {
    pytext::repr_bytes(name.as_bytes())
}
