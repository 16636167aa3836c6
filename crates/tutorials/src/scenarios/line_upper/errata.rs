//! What is wrong with the tutorial's line in upper case: its two clients over streams are the same.

use model::observation::Role;
use model::{Demo, Erratum, contains};

use crate::shared::answers::{cut_answer, cut_character};
use crate::shared::frames::ended_well;

pub(crate) const ERRATA: &[Erratum] = &[
    cut_answer("line-upper-cut-answer", "line-upper", "LU-4", "as-the-tutorial-has-it", "split@2"),
    cut_character("line-upper-cut-character", "line-upper", "LU-5", "chinese", "split@1"),
    takes_the_end("line-upper-end-for-an-answer", "line-upper", "LU-5"),
];

/// A client that shows the end of the stream as an answer.
pub(crate) const fn takes_the_end(
    id: &'static str,
    scenario: &'static str,
    clause: &'static str,
) -> Erratum {
    Erratum {
        id,
        scenario,
        role: Role::Client,
        trigger: "a server that closes without an answer",
        happens: "the end of the stream, which recv gives as b'', is shown as an empty answer, and \
                  the client ends with status 0",
        right: "prints nothing and ends with an error",
        clause,
        demo: Demo::Vector("as-the-tutorial-has-it", "halfclose@0"),
        shown: |_, seen| ended_well(seen) && contains(&seen.client.stdout.0, b"\nReceived: \n"),
        ..Erratum::DEMONSTRATED
    }
}
