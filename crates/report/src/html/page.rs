//! The page itself: the template with the style, the program and the data put in.
//!
//! Data goes in as JSON in `<script type="application/json">`, which a browser neither runs nor
//! renders. Inside there is none of the bytes that could end the element or start a comment: each
//! `<`, `>` and `&`, and the two line ends that are none in JSON, stand as escapes of JSON. The
//! program shows data as text and in no other way, and the page's own policy lets nothing run or
//! load but the one program and the one style whose hashes it names.

use std::fs::File;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};

const TEMPLATE: &str = include_str!("template.html");
const STYLE: &str = include_str!("style.css");
/// One program, in the order in which its parts need each other.
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

/// Write the page with this index and these blocks.
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

/// What comes before the next `{{place}}`, the place, and what comes behind it.
fn next_place(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once("{{")?;
    let (place, after) = rest.split_once("}}")?;
    Some((before, place, after))
}

/// Nothing is loaded, nothing is sent, and no text ever becomes markup or program.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(PROGRAM),
        hash(STYLE)
    )
}

/// An element that holds this, under this name.
pub(super) fn data(name: &str, value: &impl Serialize) -> io::Result<String> {
    let json = escaped(&serde_json::to_string(value)?);
    Ok(format!("<script type=\"application/json\" id=\"{name}\">{json}</script>\n"))
}

/// The same JSON without a character that means something to a reader of HTML or of JavaScript. They
/// stand only in strings, where an escape means the same.
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
