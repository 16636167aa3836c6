//! What is wrong with the client of both.

use model::observation::Role;
use model::{Demo, Erratum, contains};

use crate::shared::frames::ended_well;

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
