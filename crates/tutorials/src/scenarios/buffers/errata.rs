//! The errata of the tutorial's program that shows a socket's buffers.

use model::observation::Role;
use model::{Demo, Erratum, Input, Step, contains};

use crate::literals::TutorialLiterals;
use crate::shared::rude_clients::{
    beside_a_silent_one, died_of_a_reset, dies_of_a_reset, silent_client,
};

pub(crate) const ERRATA: &[Erratum] = &[
    dies_of_a_reset("buffers-dies-of-a-reset", "buffers", "BU-6"),
    // The server sends its block to a client that half-closes without a message.
    silent_client("buffers-silent-client", "buffers", || beside_a_silent_one(b"")),
    Erratum {
        id: "buffers-dies-of-a-client-that-left",
        trigger: "a client that resets its connection while the server sends it a block larger \
                  than all buffers",
        happens: "sendall raises ConnectionResetError and no code catches it: the server ends with \
                  a traceback and status 1",
        right: "drops this client and serves the second",
        clause: "BU-6",
        demo: Demo::Script {
            input: big_block,
            steps: || vec![Step::Connect, Step::Finish, Step::ReadEnd, Step::Hold],
            network: "reset@65536",
        },
        shown: |_, seen| died_of_a_reset(seen) && contains(&seen.server.stderr.0, b"sendall"),
        ..SERVER
    },
];

/// An entry about the server.
const SERVER: Erratum =
    Erratum { scenario: "buffers", role: Role::Server, ..Erratum::DEMONSTRATED };

/// More bytes than all buffers on the way hold, even at the largest size that the kernel
/// lets them grow to.
fn big_block() -> Input {
    Input::default().with_number(64 << 20)
}
