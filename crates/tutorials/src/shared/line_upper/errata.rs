//! The errata of the client of `line-upper` and `line-upper-serial`.

use model::observation::Role;
use model::{Demo, Erratum, contains};

use crate::shared::frames::ended_well;

/// The erratum of a client that shows the end of the stream as an answer.
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
        happens: "recv returns b'' for the end of the stream; the client shows it as an empty \
                  answer, and ends with status 0",
        right: "prints nothing and ends with an error",
        clause,
        demo: Demo::Vector("as-the-tutorial-has-it", "halfclose@0"),
        shown: |_, seen| ended_well(seen) && contains(&seen.client.stdout.0, b"\nReceived: \n"),
        ..Erratum::DEMONSTRATED
    }
}
