//! The common part of the three chat scenarios, where two users type in strict turns: what is right
//! for them, line by line, and how the harness plays the client.

pub(crate) mod errata;
pub(crate) mod guarded;

use model::blob::Blob;
use model::{Breaks, Ending, Expected, ExpectedEnd, Input, Notes, Step, Wire};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::oracle::{Oracle, OracleError};
use crate::shared::text;

/// The longest message that one recv(1024) returns.
pub(crate) const MESSAGE_MAX_BYTES: usize = 1024;

/// The server's prompt.
pub(crate) const SERVER_PROMPT: &str = "请回复消息>>>:";

/// A note of what is right: the length in bytes of each answer that the harness as a client has to
/// read.
const ANSWERS: &str = "answers";

/// The differences between the three chats.
#[derive(Debug)]
pub(crate) struct Manner {
    /// The client's prompt.
    pub(crate) client_prompt: &'static str,
    /// The text before an answer in the client's output.
    pub(crate) before_answer: &'static str,
    /// The text before a message in the server's output.
    pub(crate) before_message: &'static str,
    /// The answer that replaces an empty one. Without it, the server asks its user again.
    pub(crate) empty_answer: Option<&'static str>,
    /// How the server ends after a conversation with an error.
    pub(crate) ending_after_trouble: Ending,
    /// Whether the server serves more clients after the first.
    pub(crate) relistens: bool,
    /// How the harness leaves as a client: it resets after the last answer, or ends its stream
    /// before that. Only a server that tolerates resets treats a reset like another end, and Unix
    /// streams have no resets.
    pub(crate) harness_breaks_off: bool,
}

impl Manner {
    /// What is right when these lines are typed or sent.
    pub(crate) fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let mut talk = Talk {
            manner: self,
            oracle,
            answers: input.server_lines.iter(),
            to_server: Vec::new(),
            to_client: Vec::new(),
            screens: Screens::default(),
            endings: [Ending::Complete; 2],
            answer_bytes: Vec::new(),
        };
        for lines in self.clients(input) {
            if input.raw { talk.be_spoken_to(lines)? } else { talk.be_typed_at(lines)? }
        }
        let [server_ending, client_ending] = talk.endings;
        let mut server = ExpectedEnd::printing(talk.screens.server.into_bytes());
        server.ending = server_ending;
        let mut client = ExpectedEnd::printing(talk.screens.client.into_bytes());
        client.ending = client_ending;
        Ok(Expected {
            to_server: Wire::stream(talk.to_server),
            to_client: Wire::stream(talk.to_client),
            server,
            client,
            notes: Notes::from([(ANSWERS, talk.answer_bytes)]),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    /// The steps of the harness as clients, one after another.
    pub(crate) fn script(&self, input: &Input, right: &Expected) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut answers = right.noted(ANSWERS).iter();
        for messages in self.clients(input) {
            steps.push(Step::Connect);
            let mut left = messages.iter();
            while let Some(message) = left.next() {
                steps.push(Step::Send(message.0.clone()));
                if left.len() == 0 && !self.harness_breaks_off {
                    steps.push(Step::Finish);
                }
                match answers.next() {
                    Some(bytes @ 1..) => steps.push(Step::Read(*bytes)),
                    _ => {
                        steps.push(Step::ReadEnd);
                        break;
                    }
                }
            }
            let end = if self.harness_breaks_off { Step::Reset } else { Step::ReadEnd };
            steps.push(end);
        }
        steps
    }

    /// The messages of each client.
    fn clients<'i>(&self, input: &'i Input) -> impl Iterator<Item = &'i [Blob]> {
        let later = input.later.iter().map(Vec::as_slice).filter(|_| self.relistens);
        std::iter::once(&input.lines[..]).chain(later)
    }
}

/// The exchange line by line, when both programs are right.
struct Talk<'a> {
    manner: &'a Manner,
    oracle: &'a Oracle,
    /// The lines that the server's user has not typed yet.
    answers: std::slice::Iter<'a, Blob>,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    screens: Screens,
    /// The output of the server and of the client.
    endings: [Ending; 2],
    /// The length in bytes of the answer to each message that the harness sends; `None` without an
    /// answer.
    answer_bytes: Vec<usize>,
}

#[derive(Default)]
struct Screens {
    server: String,
    client: String,
}

impl Talk<'_> {
    /// A client, from its first prompt to its end.
    fn be_typed_at(&mut self, lines: &[Blob]) -> Result<(), OracleError> {
        for line in lines {
            self.screens.client.push_str(self.manner.client_prompt);
            let Some(message) = self.stripped(line)? else {
                self.endings[1] = Ending::Broken;
                return Ok(());
            };
            if message.is_empty() {
                continue;
            }
            self.to_server.extend_from_slice(message.as_bytes());
            let Some(answer) = self.answer_to(message.as_bytes())? else {
                self.endings[1] = Ending::Broken;
                return Ok(());
            };
            self.screens.client += &format!("{}{answer}\n", self.manner.before_answer);
        }
        self.screens.client.push_str(self.manner.client_prompt);
        Ok(())
    }

    /// The harness as a client, which may send anything.
    fn be_spoken_to(&mut self, messages: &[Blob]) -> Result<(), OracleError> {
        for message in messages {
            self.to_server.extend_from_slice(&message.0);
            let mut bytes = 0;
            for received in message.0.chunks(MESSAGE_MAX_BYTES) {
                let Some(answer) = self.answer_to(received)? else {
                    self.answer_bytes.push(0);
                    return Ok(());
                };
                bytes += answer.len();
            }
            self.answer_bytes.push(bytes);
        }
        Ok(())
    }

    /// What the server sends when it has received this; `None` if it closes the connection.
    fn answer_to(&mut self, received: &[u8]) -> Result<Option<String>, OracleError> {
        let Ok(message) = std::str::from_utf8(received) else {
            self.endings[0] = self.manner.ending_after_trouble;
            return Ok(None);
        };
        self.screens.server += &format!("{}{message}\n", self.manner.before_message);
        loop {
            self.screens.server.push_str(SERVER_PROMPT);
            let Some(line) = self.answers.next() else { return Ok(None) };
            let Some(mut answer) = self.stripped(line)? else {
                self.endings[0] = self.manner.ending_after_trouble;
                return Ok(None);
            };
            if answer.is_empty() {
                let Some(instead) = self.manner.empty_answer else { continue };
                instead.clone_into(&mut answer);
            }
            self.to_client.extend_from_slice(answer.as_bytes());
            return Ok(Some(answer));
        }
    }

    /// The bytes sent for a typed line; `None` if the client can't send it.
    fn stripped(&self, line: &Blob) -> Result<Option<String>, OracleError> {
        let Ok(text) = std::str::from_utf8(&line.0) else { return Ok(None) };
        let stripped = self.oracle.strip(text)?;
        Ok((stripped.len() <= MESSAGE_MAX_BYTES).then_some(stripped))
    }
}

/// Whether a line is empty after `str.strip()`.
pub(crate) fn is_blank(line: &str) -> bool {
    line.chars().all(is_space)
}

/// `str.isspace()`, for which four more separators are whitespace than in Unicode.
pub(crate) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// A line that either user can type, also at a terminal, where Ctrl-D is the end of input.
pub(crate) fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => text::line(1..=40, MESSAGE_MAX_BYTES),
        1 => text::line(300..=600, MESSAGE_MAX_BYTES),
    ]
    .prop_map(|line| line.replace('\u{4}', ""))
}

/// A line that is not blank.
pub(crate) fn words() -> impl Strategy<Value = String> {
    line().prop_filter("a blank line is a separate case", |line| !is_blank(line))
}

/// Some turns, each with a line typed at the client and then a line typed at the server.
pub(crate) fn turns(
    message: impl Strategy<Value = String>,
    answer: impl Strategy<Value = String>,
) -> impl Strategy<Value = Vec<(String, String)>> {
    vec((message, answer), 0..5)
}

/// Typed into pipes, or one time in four at terminals.
pub(crate) fn somewhere(input: impl Strategy<Value = Input>) -> impl Strategy<Value = Input> {
    (input, prop::bool::weighted(0.25)).prop_map(|(input, terminal)| Input { terminal, ..input })
}
