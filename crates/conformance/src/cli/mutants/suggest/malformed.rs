//! Malformed frames that may catch what no input catches: a client sends few of the values that a server must
//! reject.

use model::Value;
use protocols::{FrameValue, Malformed};

/// At most this many of the program's own numbers are tried as values.
const NUMBERS_MAX: usize = 6;
/// At most this many frames are tried.
const FRAMES_MAX: usize = 120;

/// Frames with these values, each with one value changed. The numbers in the program are candidates.
pub(super) fn of(values: &[FrameValue], numbers: &[usize]) -> Vec<Malformed> {
    let mut frames = Vec::new();
    for at in values {
        let others: Vec<Value> = if at.is_text {
            texts().into()
        } else {
            near(numbers).into_iter().map(Value::Number).collect()
        };
        for value in others {
            frames.push(Malformed { frame: at.frame.clone(), path: at.path.clone(), value });
        }
    }
    frames.truncate(FRAMES_MAX);
    frames
}

fn texts() -> [Value; 12] {
    [
        "",
        ".",
        "..",
        "a/b",
        "a\0b",
        " a ",
        "żółć 中 😀",
        "quote\"and\\backslash",
        &"n".repeat(255),
        &"n".repeat(256),
        &"é".repeat(127),
        &"é".repeat(128),
    ]
    .map(|text| Value::Text(text.to_owned()))
}

/// The program's largest numbers, and their neighbours.
fn near(numbers: &[usize]) -> Vec<i64> {
    let mut found = vec![0, 1, 2];
    for number in numbers.iter().rev().take(NUMBERS_MAX) {
        let number = i64::try_from(*number).unwrap_or(i64::MAX - 1);
        found.extend([number - 1, number, number + 1]);
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use model::Value;
    use protocols::FrameValue;

    use super::of;

    #[test]
    fn texts_get_names_and_numbers_get_limits() {
        let at = |path: &str, is_text| FrameValue {
            frame: "request".to_owned(),
            path: path.to_owned(),
            is_text,
        };
        let frames = of(&[at("dict.name", true), at("length", false)], &[4096]);
        let has = |path: &str, value: &Value| {
            frames.iter().any(|it| it.path == path && it.value == *value)
        };
        assert!(has("dict.name", &Value::Text("..".to_owned())));
        assert!(has("length", &Value::Number(4097)) && has("length", &Value::Number(0)));
        assert!(!has("length", &Value::Text("..".to_owned())));
    }
}
