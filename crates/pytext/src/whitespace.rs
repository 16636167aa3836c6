//! `str.isspace` and `str.strip`.

/// Whether `str.strip()` removes the character: CPython's `str.isspace`.
///
/// It has four more characters than [`char::is_whitespace`], the separators U+001C to U+001F,
/// and is the same in every version from 3.6 to 3.13.
///
/// ```
/// assert!(pytext::is_space('\u{1c}') && !'\u{1c}'.is_whitespace());
/// assert!(!pytext::is_space('\u{200b}'));
/// ```
#[must_use]
pub const fn is_space(c: char) -> bool {
    matches!(c,
        '\t'..='\r' | '\u{1c}'..=' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// `str.strip()`: the text without the [`is_space`] characters at its ends.
///
/// ```
/// assert_eq!(pytext::str_strip("\u{3000}\x1f search \r\n"), "search");
/// ```
#[must_use]
pub fn str_strip(text: &str) -> &str {
    text.trim_matches(is_space)
}
