//! Writes bytes as a regular expression that matches exactly them.

/// Writes bytes so that a pattern matches exactly them and fits a TOML literal string.
///
/// It escapes control characters and the single quote. A byte that is not UTF-8 becomes
/// `(?-u:\xNN)`.
pub(super) fn escape(bytes: &[u8]) -> String {
    let mut pattern = String::new();
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|character| push(&mut pattern, character));
        for byte in chunk.invalid() {
            pattern.push_str(&format!("(?-u:\\x{byte:02x})"));
        }
    }
    pattern
}

/// Appends one character, escaped if necessary.
fn push(pattern: &mut String, character: char) {
    match character {
        '\n' => pattern.push_str("\\n"),
        '\r' => pattern.push_str("\\r"),
        '\t' => pattern.push_str("\\t"),
        '\'' => pattern.push_str("\\x27"),
        // Outside a class these need no escape, which would only make them harder to
        // read.
        '-' | '#' | '&' | '~' => pattern.push(character),
        _ if character.is_control() => {
            pattern.push_str(&format!("\\x{{{:02x}}}", u32::from(character)));
        }
        _ => pattern.push_str(&regex::escape(character.encode_utf8(&mut [0; 4]))),
    }
}

/// Says whether a pattern may stand between single quotes in a TOML file.
pub(super) fn fits_toml(pattern: &str) -> bool {
    !pattern.contains(|character: char| character == '\'' || character.is_control())
}
