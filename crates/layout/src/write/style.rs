//! The style of a JSON text, so that a changed text looks like the one that was read.

use pyjson::{DumpsError, DumpsOptions, Indent, Value};

/// How a JSON text is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Style {
    options: DumpsOptions,
    /// White space around the value.
    before: Vec<u8>,
    behind: Vec<u8>,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl Style {
    /// The style of a text: the separators of `json.dumps`, or compact ones; an indent; and
    /// `ensure_ascii`, unless a character is not ASCII.
    pub(super) fn of(text: &[u8]) -> Self {
        let start = text.iter().take_while(|byte| is_space(**byte)).count();
        let end = text.iter().rev().take_while(|byte| is_space(**byte)).count();
        let end = text.len().saturating_sub(end).max(start);
        let inner = text.get(start..end).unwrap_or_default();
        let (comma, colon, indent) = separators(inner);
        let mut options = DumpsOptions::new()
            .ensure_ascii(text.is_ascii())
            .int_max_str_digits(None)
            .max_depth(usize::MAX)
            .separators(
                if comma.or(colon) == Some(false) { "," } else { ", " },
                if colon.or(comma) == Some(false) { ":" } else { ": " },
            );
        if let Some(spaces) = indent {
            let colon = if colon == Some(false) { ":" } else { ": " };
            options =
                options.indent(Indent::Text(" ".repeat(spaces).into())).separators(",", colon);
        }
        let before = text.get(..start).unwrap_or_default().to_vec();
        let behind = text.get(end..).unwrap_or_default().to_vec();
        Self { options, before, behind }
    }

    pub(super) fn write(&self, value: &Value) -> Result<Vec<u8>, DumpsError> {
        let text = self.options.dumps(value)?;
        Ok([&self.before, text.as_generalized_utf8(), &self.behind].concat())
    }
}

/// Whether a space follows the first comma and the first colon outside strings; and the number
/// of spaces of a line's indent, if a line's end follows the first bracket.
fn separators(text: &[u8]) -> (Option<bool>, Option<bool>, Option<usize>) {
    let (mut comma, mut colon, mut indent) = (None, None, None);
    let (mut is_in_string, mut is_escaped) = (false, false);
    for (index, byte) in text.iter().enumerate() {
        let next = text.get(index + 1).copied().unwrap_or_default();
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            _ if is_in_string => {}
            b',' if comma.is_none() => comma = Some(is_space(next)),
            b':' if colon.is_none() => colon = Some(is_space(next)),
            b'{' | b'[' if index == 0 && next == b'\n' => {
                let behind = text.iter().skip(2);
                indent = Some(behind.take_while(|byte| **byte == b' ').count());
            }
            _ => {}
        }
    }
    (comma, colon, indent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_wrote_is_written_in_the_style_it_has() {
        for text in [
            "{\"a\": 1, \"b\": [1, 2]}",
            "{\"a\":1,\"b\":[1,2]}",
            "{\"a\": \"x:y,z\\\"\", \"b\": \"\\u00e9\"}",
            "{\"a\":\"é\"}",
            "{\"a\": 1}",
            "[1,2]",
            "{}",
            "{\n  \"a\": 1,\n  \"b\": [\n    1\n  ]\n}",
            "{\n\"a\": 1\n}",
            " {\"a\": 1,\"b\":2}\n",
        ] {
            let value = pyjson::loads(text).unwrap();
            let written = Style::of(text.as_bytes()).write(&value).unwrap();
            let expected = if text.starts_with(' ') { " {\"a\": 1,\"b\": 2}\n" } else { text };
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }
}
