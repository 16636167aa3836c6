//! Protocol files: scenarios that their owners describe. The reference is two programs. framecheck runs
//! them, and what they do is right.
//!
//! [`Protocol`] is a [`model::Scenario`] made from a file. This crate reads that file and its fixtures, and
//! starts no process.
//!
//! | file | what |
//! |---|---|
//! | `protocol.rs` | the scenario |
//! | `load.rs`, `compare_form.rs`, `inputs.rs`, `frames_form.rs`, `mask_form.rs`, `hex.rs` | from the file to the protocol, and every mistake in it |
//! | `framing/` | what the bytes mean: frames in what was said, masked values, the value that is wrong |
//! | `hostile/` | malformed frames, and what the harness does to send one |
//! | `reader.rs` | a TOML table, key by key |
//! | `text.rs`, `vary.rs` | texts with variables, and what variables are |
//! | `networks.rs` | which networks an input is played over |
//! | `masks.rs`, `propose.rs`, `header.rs` | what differs from run to run, and which mask would cover it |
//! | `reference_form.rs` | the reference's two programs, and what they need |
//! | `refuse.rs` | a program of the reference that a command can't use, in its line |
//! | `edit.rs` | changes to the file: a kept input, a list of known failures |
//! | `key.rs` | what decides what the reference does |

mod compare_form;
mod edit;
mod frames_form;
mod framing;
mod header;
mod hex;
mod hostile;
mod inputs;
mod key;
mod load;
mod mask_form;
mod masks;
mod networks;
pub mod propose;
mod protocol;
mod quick;
mod reader;
mod reference_form;
mod refuse;
mod text;
mod vary;

pub use edit::{
    EditError, Malformed, keep, rewrite_known_failures, shown_input, shown_malformed, with_inputs,
    with_malformed,
};
pub use framing::Framing;
pub use hostile::{Exchange, FrameValue};
pub use inputs::sized;
pub use key::key;
pub use load::{ProtocolError, is_protocol};
pub use networks::Sizes;
pub use protocol::{KnownFailure, Protocol, Reference};
