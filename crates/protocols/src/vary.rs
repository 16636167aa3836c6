//! Variables: what generated inputs draw. Each kind knows how to shrink its values.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy};

use crate::text::Value;

/// The most bytes of a file's name.
pub(crate) const NAME_MAX_BYTES: usize = 255;
/// The default maximum length of texts and bytes.
pub(crate) const TEXT_MAX_CHARS: usize = 80;
pub(crate) const BYTES_MAX: usize = 5000;

/// The kinds of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Variable {
    /// The name of a file.
    FileName,
    /// Bytes, at most this many.
    Bytes { max: usize },
    /// Characters other than line ends and NUL, at most this many.
    Text { max: usize },
    /// Printable ASCII, at most this many characters.
    Ascii { max: usize },
    /// A whole number of this range, both ends included.
    Integer { min: i64, max: i64 },
    /// One of these.
    OneOf(Vec<String>),
}

impl Variable {
    /// Its values; simpler ones first.
    pub(crate) fn strategy(&self) -> BoxedStrategy<Value> {
        match self {
            Self::FileName => file_name().prop_map(Value::Text).boxed(),
            Self::Bytes { max } => bytes(*max).prop_map(Value::Bytes).boxed(),
            Self::Text { max } => text(*max).prop_map(Value::Text).boxed(),
            Self::Ascii { max } => ascii(*max).prop_map(Value::Text).boxed(),
            Self::Integer { min, max } => (*min..=*max).prop_map(Value::Number).boxed(),
            Self::OneOf(values) => select(values.clone()).prop_map(Value::Text).boxed(),
        }
    }

    /// Whether a value may contain what no line and no argument of a program can contain.
    pub(crate) const fn is_binary(&self) -> bool {
        matches!(self, Self::Bytes { .. })
    }
}

/// Most are short, some have the maximum length.
fn lengths(max: usize) -> BoxedStrategy<usize> {
    prop_oneof![6 => 0..=max.min(20), 3 => 0..=max, 1 => Just(max)].boxed()
}

fn bytes(max: usize) -> BoxedStrategy<Vec<u8>> {
    lengths(max).prop_flat_map(|len| vec(any::<u8>(), len)).boxed()
}

fn ascii(max: usize) -> BoxedStrategy<String> {
    let chars = lengths(max).prop_flat_map(|len| vec(prop::char::range(' ', '~'), len));
    chars.prop_map(String::from_iter).boxed()
}

fn text(max: usize) -> BoxedStrategy<String> {
    let char = prop_oneof![4 => prop::char::range(' ', '~').boxed(), 2 => usual(), 1 => any_char()];
    let chars = lengths(max).prop_flat_map(move |len| vec(char.clone(), len));
    chars.prop_map(String::from_iter).boxed()
}

/// Characters of languages that people write, some with two, three or four bytes.
fn usual() -> BoxedStrategy<char> {
    select("äßéøЖяאبत中文你好語한ひ€„“…😀𝄞".chars().collect::<Vec<_>>()).boxed()
}

/// Any characters except for line ends of any kind, and NUL, which can't be typed.
fn any_char() -> BoxedStrategy<char> {
    any::<char>().prop_filter("a line's end", |c| !is_line_end(*c)).boxed()
}

/// The line ends of Python's str.splitlines, of a terminal, and of other languages' line readers.
fn is_line_end(c: char) -> bool {
    matches!(
        c,
        '\0' | '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

fn file_name() -> BoxedStrategy<String> {
    let plain = "[a-z0-9_]{1,8}(\\.[a-z]{1,3})?".boxed();
    let char = prop_oneof![3 => prop::char::range(' ', '~').boxed(), 2 => usual(), 1 => any_char()];
    let any = vec(char, 1..=40).prop_map(String::from_iter);
    let long = usual().prop_map(|c| c.to_string().repeat(NAME_MAX_BYTES / c.len_utf8()));
    let named = prop_oneof![5 => plain, 4 => any, 1 => long];
    named.prop_map(|name| as_file_name(&name)).boxed()
}

/// The name without characters that no file's name may contain.
fn as_file_name(name: &str) -> String {
    let mut name = name.replace('/', "_");
    while name.len() > NAME_MAX_BYTES {
        name.pop();
    }
    if matches!(name.as_str(), "" | "." | "..") { "_".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use proptest::test_runner::TestRunner;

    use super::*;

    fn drawn(variable: &Variable) -> Vec<Value> {
        let mut runner = TestRunner::deterministic();
        let strategy = variable.strategy();
        (0..500).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
    }

    #[test]
    fn values_are_of_their_kind_and_of_all_sizes() {
        for (variable, max) in [
            (Variable::FileName, NAME_MAX_BYTES),
            (Variable::Bytes { max: 50 }, 50),
            (Variable::Text { max: 30 }, 30 * 4),
            (Variable::Ascii { max: 9 }, 9),
        ] {
            let lengths: Vec<usize> =
                drawn(&variable).iter().map(|it| it.to_bytes().len()).collect();
            assert!(lengths.iter().all(|length| *length <= max), "{variable:?}");
            assert!(lengths.iter().any(|length| *length >= max / 2), "{variable:?}");
            assert!(lengths.iter().any(|length| *length <= 2), "{variable:?}");
        }
        for value in drawn(&Variable::Integer { min: -2, max: 2 }) {
            assert!(matches!(value, Value::Number(-2..=2)), "{value:?}");
        }
    }

    #[test]
    fn a_file_name_names_a_file_and_can_be_typed() {
        for value in drawn(&Variable::FileName) {
            let Value::Text(name) = value else { panic!("{value:?}") };
            assert!(!name.contains(['/', '\0', '\n', '\r']), "{name:?}");
            assert!(!matches!(name.as_str(), "" | "." | ".."), "{name:?}");
        }
        assert_eq!(as_file_name(".."), "_");
        assert_eq!(as_file_name("a/b"), "a_b");
    }
}
