//! Fixed messages for the scenarios with one message and its length.

use model::case::Network;
use model::{Input, Vector};

use crate::literals::TutorialLiterals;
use crate::shared::text::noisy_text;

/// Messages for a client, for both ways to send one. The tutorial's own message is played over
/// these networks.
pub(crate) fn message_vectors(networks: Vec<Network>) -> Vec<Vector> {
    let said = |name, message: &str| Vector::new(name, Input::saying([message]));
    let controls: String = (1..32).map(char::from).collect();
    vec![
        Vector::new("tutorial", Input::default()).over(networks),
        said("empty", ""),
        said("one-byte", "x"),
        said("nine-bytes", "ninebytes"),
        said("ten-bytes", "ten bytes!"),
        said("chinese", "你好,世界"),
        said("emoji", "😀 a 👩‍👩‍👧"),
        said("single-quote", "it's"),
        said("double-quote", "a \"b\""),
        said("both-quotes", "'\""),
        said("backslashes", "a\\nb\\"),
        said("controls", &controls),
        said("del-and-beyond", "\u{7f}\u{80}\u{a0}\u{ff}"),
        said("newlines", "one\ntwo\r\n"),
        said("dashes", "--message"),
        said("looks-like-digits", "12"),
        said("looks-like-ok", "ok"),
        said("1023-bytes", &"a".repeat(1023)),
        said("1024-bytes", &"b".repeat(1024)),
        said("1025-bytes", &noisy_text(1025)),
        said("8000-bytes", &noisy_text(8000)),
    ]
}
