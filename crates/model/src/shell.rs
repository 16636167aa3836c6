//! Words for a POSIX shell: whoever pastes a command that framecheck prints gets the arguments that were meant.
//!
//! A word of plain characters stays as it is, any other is quoted. A word with characters that act on a terminal
//! (see [`visible`](crate::visible)), or one that is no UTF-8, is written by printf(1) in octal:
//! `"$(printf 'a\033b')"`. So a printed command is always one line of harmless text.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::visible::acts_on_terminal;

/// A word as a shell reads it.
#[must_use]
pub fn word(word: impl AsRef<OsStr>) -> String {
    let bytes = word.as_ref().as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(acts_on_terminal) => {
            // The one thing that it refuses is a NUL, which acts on a terminal.
            shlex::try_quote(text).map(std::borrow::Cow::into_owned).unwrap_or_default()
        }
        _ => by_printf(bytes),
    }
}

/// Words, as a shell's line.
#[must_use]
pub fn line<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> String {
    words.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A path that no program takes for an option.
#[must_use]
pub fn argument(path: &Path) -> PathBuf {
    let is_like_option = path.as_os_str().as_bytes().starts_with(b"-");
    if is_like_option { Path::new(".").join(path) } else { path.to_owned() }
}

/// A shell drops newlines at the end of what a command prints: these stand behind it, in quotes.
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

    /// What sh(1) makes of a word.
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
