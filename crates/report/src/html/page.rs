//! Builds the page: the template with the style, the program and the data.
//!
//! The data are JSON in `<script type="application/json">`, which a browser neither runs nor renders. They
//! contain no byte that could end the element or start a comment: each `<`, `>` and `&`, and the two line ends
//! that JSON does not escape, are written as JSON escapes. The program shows data as text only. The page's own
//! policy permits only the one program and the one style whose hashes it contains.

use std::fs::File;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};

const TEMPLATE: &str = include_str!("template.html");
const STYLE: &str = include_str!("style.css");
/// One program; its parts are ordered by their dependencies.
const PROGRAM: &str = concat!(
    include_str!("js/dom.js"),
    include_str!("js/bytes.js"),
    include_str!("js/model.js"),
    include_str!("js/matrix.js"),
    include_str!("js/list.js"),
    include_str!("js/hex.js"),
    include_str!("js/frames.js"),
    include_str!("js/ladder.js"),
    include_str!("js/case.js"),
    include_str!("js/main.js"),
);

/// Writes the page with this index and these blocks.
pub(super) fn write(
    out: &mut impl Write,
    index: &impl Serialize,
    blocks: &mut File,
) -> io::Result<()> {
    let mut rest = TEMPLATE;
    while let Some((before, place, after)) = next_place(rest) {
        out.write_all(before.as_bytes())?;
        match place {
            "policy" => out.write_all(policy().as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "program" => out.write_all(PROGRAM.as_bytes())?,
            "index" => out.write_all(data("index", index)?.as_bytes())?,
            "cases" => {
                io::copy(blocks, out)?;
            }
            other => return Err(io::Error::other(format!("no such place: {other}"))),
        }
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// The text before the next `{{place}}`, the place's name, and the text after it.
fn next_place(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once("{{")?;
    let (place, after) = rest.split_once("}}")?;
    Some((before, place, after))
}

/// The page's policy: it loads and sends nothing, and no text becomes markup or script.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(PROGRAM),
        hash(STYLE)
    )
}

/// A data element with this name and value.
pub(super) fn data(name: &str, value: &impl Serialize) -> io::Result<String> {
    let json = escaped(&serde_json::to_string(value)?);
    Ok(format!("<script type=\"application/json\" id=\"{name}\">{json}</script>\n"))
}

/// The same JSON without characters that have a meaning in HTML or JavaScript. They occur only in strings,
/// where an escape has the same meaning.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_string_can_end_its_element_and_each_comes_back_as_it_was() {
        for text in [
            "</script>",
            "<!--<script>",
            "]]>",
            "&lt;",
            "a\u{2028}b\u{2029}c",
            "\0\u{1}\u{7f}",
            "\u{fffe}\u{10ffff}",
            "\\u003c \\",
        ] {
            let element = data("it", &text).unwrap();
            let inside = element.strip_prefix("<script type=\"application/json\" id=\"it\">");
            let inside = inside.unwrap().strip_suffix("</script>\n").unwrap();
            assert!(!inside.contains(['<', '>', '&', '\0', '\u{2028}', '\u{2029}']), "{inside}");
            assert_eq!(serde_json::from_str::<String>(inside).unwrap(), text);
        }
    }

    #[test]
    fn the_program_and_the_style_cannot_end_their_elements() {
        for text in [PROGRAM, STYLE] {
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
    }

    #[test]
    fn the_program_makes_no_markup_of_text_and_loads_nothing() {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
            "DOMParser",
            "createContextualFragment",
            "fetch(",
            "XMLHttpRequest",
            "import(",
            "WebSocket",
            "sendBeacon",
        ] {
            assert!(!PROGRAM.contains(word), "{word} in js/");
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
        let addresses = TEMPLATE.matches("src=").count() + TEMPLATE.matches("<link").count();
        assert_eq!(addresses, 0, "the template refers to something outside");
    }
}
