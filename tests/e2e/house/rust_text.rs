//! Splits a Rust file into words, without its comments and strings. It knows no grammar, and expects a
//! file that compiles.

/// The words, the numbers and each `::` of a Rust text, and every other character alone. It leaves out
/// comments, strings and characters in quotes, and also the quote of a lifetime.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => quoted(rest),
            '\'' => character_or_quote(rest),
            _ if first.is_whitespace() => first.len_utf8(),
            _ if is_of_word(first) => match raw_string(rest) {
                Some(len) => len,
                None => {
                    let len = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                    found.push(&rest[..len]);
                    len
                }
            },
            _ => {
                let len = if rest.starts_with("::") { 2 } else { first.len_utf8() };
                found.push(&rest[..len]);
                len
            }
        };
        rest = &rest[len..];
    }
    found
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a comment in `/* */`, which may contain others.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let (step, change) = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += change;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a text in quotes.
fn quoted(text: &str) -> usize {
    let quote = text.as_bytes()[0];
    let mut at = 1;
    while at < text.len() && text.as_bytes()[at] != quote {
        at += if text.as_bytes()[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// The length of a character in quotes, or of the quote before a lifetime.
fn character_or_quote(text: &str) -> usize {
    let mut after = text.chars().skip(1);
    match (after.next(), after.next()) {
        (Some('\\'), _) | (_, Some('\'')) => quoted(text),
        _ => 1,
    }
}

/// The length of the string `r"..."`, `br#"..."#` or similar, if this is one.
fn raw_string(text: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
    })?;
    let hashes = text[prefix.len()..].chars().take_while(|c| *c == '#').count();
    let start = prefix.len() + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    let len = text[start..].find(&end).map_or(text.len(), |at| start + at + end.len());
    Some(len)
}

/// The words without the items under `#[cfg(test)]`.
pub(super) fn without_tests<'t>(words: &[&'t str]) -> Vec<&'t str> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at..].starts_with(&["#", "[", "cfg", "("]) {
            let end = group_end(words, at + 1);
            let condition = &words[at..end];
            if condition.contains(&"test") && !condition.contains(&"not") {
                at = item_end(words, end);
                continue;
            }
        }
        kept.push(words[at]);
        at += 1;
    }
    kept
}

/// Where the group that begins with this bracket ends: after its last bracket.
pub(super) fn group_end(words: &[&str], start: usize) -> usize {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate().skip(start) {
        match *word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    words.len()
}

/// Where an item ends: after its `;` or its block, or with the surrounding block.
fn item_end(words: &[&str], start: usize) -> usize {
    let mut at = start;
    let mut is_use = false;
    while at < words.len() {
        match words[at] {
            ";" => return at + 1,
            ")" | "]" | "}" => return at,
            "use" => is_use = true,
            "{" if !is_use => return group_end(words, at),
            "(" | "[" | "{" => {
                at = group_end(words, at);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    at
}

#[test]
fn comments_strings_and_characters_are_no_words() {
    let text = r##"
        //! crate::doc
        use a::b; // crate::line
        /* crate::block /* and another */ still */
        let c = "crate::string \" more";
        let d = (r"raw\", r#"crate::raw " it"#, b"bytes", br"x", 'c', '\'', '"', '\u{e9}');
        fn f<'a>(x: &'a str, r#type: u8, radix: u8) {}
    "##;
    let expected = "use a :: b ; let c = ; let d = ( , , b , , , , , ) ; \
                    fn f < a > ( x : & a str , r # type : u8 , radix : u8 ) { }";
    assert_eq!(words(text).join(" "), expected);
}

#[test]
fn what_stands_under_cfg_test_is_left_out() {
    let text = "
        #[cfg(test)] use x::{a, b};
        #[cfg(all(test, unix))] #[allow(dead)] pub fn f(a: [u8; 2]) -> u8 { { 1 } }
        #[cfg(not(test))] struct Kept;
        #[cfg(test)] mod tests;
        fn kept() {}
        #[cfg(test)] mod more { use super::*; }
    ";
    let expected = "# [ cfg ( not ( test ) ) ] struct Kept ; fn kept ( ) { }";
    assert_eq!(without_tests(&words(text)).join(" "), expected);
}
