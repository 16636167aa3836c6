//! The names of filters, in Wireshark's syntax and without duplicates.

use std::collections::BTreeSet;

/// The names in use.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// The filter name of these words, joined by dots. If it is in use, a number is appended.
    pub(crate) fn take(&mut self, words: &[&str]) -> String {
        let name = words.iter().map(|it| word(it)).collect::<Vec<_>>().join(".");
        let mut free = name.clone();
        let mut number = 2;
        while !self.0.insert(free.clone()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        free
    }
}

/// A word of a filter: lower-case letters, digits and `_`.
pub(crate) fn word(text: &str) -> String {
    let letter = |letter: char| match letter {
        'a'..='z' | '0'..='9' | '_' => letter,
        'A'..='Z' => letter.to_ascii_lowercase(),
        _ => '_',
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let mut names = Names::default();
        assert_eq!(names.take(&["request", "dict-size"]), "request.dict_size");
        assert_eq!(names.take(&["Request", "dict_size"]), "request.dict_size_2");
        assert_eq!(names.take(&["request", "dict size"]), "request.dict_size_3");
        assert_eq!(names.take(&["请求"]), "__");
    }
}
