//! Quotes words for a POSIX shell, so that a printed command can be pasted unchanged.
//!
//! A word of plain characters stays unchanged; any other is quoted. If a word contains characters that control
//! a terminal (see [`visible`](crate::visible)), or is not UTF-8, printf(1) writes it in octal:
//! `"$(printf 'a\033b')"`. So a printed command is always one line of harmless text.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::visible::acts_on_terminal;

/// A word in shell syntax.
#[must_use]
pub fn word(word: impl AsRef<OsStr>) -> String {
    let bytes = word.as_ref().as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(acts_on_terminal) => {
            // Quoting fails only for a NUL, which controls a terminal.
            shlex::try_quote(text).map(std::borrow::Cow::into_owned).unwrap_or_default()
        }
        _ => by_printf(bytes),
    }
}

/// Words as one shell command line.
#[must_use]
pub fn line<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> String {
    words.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A path in a form that no program mistakes for an option.
#[must_use]
pub fn argument(path: &Path) -> PathBuf {
    let is_like_option = path.as_os_str().as_bytes().starts_with(b"-");
    if is_like_option { Path::new(".").join(path) } else { path.to_owned() }
}

/// A shell drops newlines at the end of a command's output, so these follow it in quotes.
fn by_printf(bytes: &[u8]) -> String {
    let newlines = bytes.iter().rev().take_while(|byte| **byte == b'\n').count();
    let (body, end) = bytes.split_at(bytes.len() - newlines);
    let format: String = body.utf8_chunks().map(in_octal).collect();
    let mut word =
        if body.is_empty() { String::new() } else { format!("\"$(printf '{format}')\"") };
    if !end.is_empty() {
        word += &format!("'{}'", "\n".repeat(newlines));
    }
    word
}

fn in_octal(chunk: std::str::Utf8Chunk<'_>) -> String {
    let octal = |byte: &u8| format!("\\{byte:03o}");
    let mut format = String::new();
    for char in chunk.valid().chars() {
        match char {
            '%' => format.push_str("%%"),
            '\\' => format.push_str("\\\\"),
            '\'' => format.push_str("'\\''"),
            char if acts_on_terminal(char) => {
                format.extend(char.encode_utf8(&mut [0; 4]).as_bytes().iter().map(octal));
            }
            char => format.push(char),
        }
    }
    format.extend(chunk.invalid().iter().map(octal));
    format
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// How sh(1) reads a word.
    fn read(line: &str) -> Vec<u8> {
        let script = format!("printf '%s.' {line}");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{script}: {output:?}");
        output.stdout
    }

    #[test]
    fn a_shell_reads_each_word_as_it_was() {
        let words: [&[u8]; 16] = [
            b"",
            b"plain",
            b"ok peer.toml",
            b"it's",
            b"\"$HOME\" `id` $(id) \\",
            b"-rf",
            b"~root",
            b"#no !comment *?[a]",
            b"a\nb",
            b"ends\n\n",
            b"\n",
            b"\x1b[31m100%\x07 it's \\033",
            b"\xff\xfe \x80'",
            "粘包 \u{202e}txt".as_bytes(),
            "\u{9b}31m".as_bytes(),
            b"a=b;c&d|e<f>g{h}",
        ];
        for bytes in words {
            let word = word(OsStr::from_bytes(bytes));
            assert_eq!(read(&word), [bytes, b"."].concat(), "{word}");
            let is_shown = |char| char == '\n' || !acts_on_terminal(char);
            assert!(word.chars().all(is_shown), "{word:?}");
        }
        assert_eq!(read(&line(["a b", "", "c"])), b"a b..c.");
    }

    #[test]
    fn a_path_that_looks_like_an_option_is_made_a_path() {
        assert_eq!(argument(Path::new("-x.toml")), Path::new("./-x.toml"));
        assert_eq!(argument(Path::new("a/-x")), Path::new("a/-x"));
    }
}
