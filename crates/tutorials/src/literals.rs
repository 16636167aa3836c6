//! The literals of the tutorials' programs that an input may change, by name.

use model::Input;

/// The `file_name` that a file server announces.
pub(crate) const NAME: &str = "name";
/// The `file_desc` that a file server announces.
pub(crate) const DESC: &str = "desc";
/// The client's fixed messages, in order.
pub(crate) const MESSAGES: &str = "messages";
/// The server's fixed answer.
pub(crate) const ANSWER: &str = "answer";
/// A program's fixed number.
pub(crate) const NUMBER: &str = "number";

/// All literals. An input with any other is a mistake.
pub(crate) const ALL: [&str; 5] = [NAME, DESC, MESSAGES, ANSWER, NUMBER];

/// Reads and sets the literals of a tutorial's input.
pub(crate) trait TutorialLiterals {
    /// An input with these fixed messages of the client.
    fn saying<M: Into<String>>(messages: impl IntoIterator<Item = M>) -> Self;
    /// The same input with this fixed answer of the server.
    #[must_use]
    fn with_answer(self, answer: impl Into<String>) -> Self;
    /// The same input with this fixed number.
    #[must_use]
    fn with_number(self, number: i64) -> Self;
    /// The client's fixed message of this number, if it differs from the tutorial's.
    fn message(&self, nth: usize) -> Option<&str>;
    /// The server's fixed answer, if it differs from the tutorial's.
    fn answer(&self) -> Option<&str>;
    /// The fixed number, if it differs from the tutorial's.
    fn number(&self) -> Option<i64>;
    /// The announced `file_name`.
    fn name(&self) -> &str;
    /// The announced `file_desc`.
    fn desc(&self) -> &str;
}

impl TutorialLiterals for Input {
    fn saying<M: Into<String>>(messages: impl IntoIterator<Item = M>) -> Self {
        let messages: Vec<String> = messages.into_iter().map(Into::into).collect();
        let mut input = Self::default();
        if !messages.is_empty() {
            input.literals.set(MESSAGES, messages);
        }
        input
    }

    fn with_answer(mut self, answer: impl Into<String>) -> Self {
        self.literals.set(ANSWER, answer.into());
        self
    }

    fn with_number(mut self, number: i64) -> Self {
        self.literals.set(NUMBER, number);
        self
    }

    fn message(&self, nth: usize) -> Option<&str> {
        self.literals.texts(MESSAGES).get(nth).map(String::as_str)
    }

    fn answer(&self) -> Option<&str> {
        self.literals.text(ANSWER)
    }

    fn number(&self) -> Option<i64> {
        self.literals.number(NUMBER)
    }

    fn name(&self) -> &str {
        self.literals.text(NAME).unwrap_or("xyyyhtl.txt")
    }

    fn desc(&self) -> &str {
        self.literals.text(DESC).unwrap_or("what fuck")
    }
}
