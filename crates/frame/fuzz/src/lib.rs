//! What the frame parser is fuzzed with. Each target is a function of any bytes, which panics when
//! something is wrong: libFuzzer calls it with bytes of its own making, `cargo test` with those that
//! are kept in `corpus/` and `regressions/`.
//!
//! | target | what it asserts |
//! |---|---|
//! | [`decode_frame`] | any bytes in any cuts: the same events, through each of the adapters; little memory, few steps |
//! | [`roundtrip_frame`] | what is encoded comes out of the decoder as it was |
//! | [`session`] | one decoder over many frames, asked in any order, against the plainest reader there is |
//! | [`json_loads`] | any text is taken or refused; what is taken is written, read and written the same |
//! | [`json_differential`] | CPython takes and refuses the same texts, with the same values and messages |
//! | [`layout_parser`] | frames of a table, in any cuts: the same events, little memory, written as they were |
//! | [`frame_differential`] | CPython reads the same frames, and refuses the same ones by the same clauses |

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a target panics when something is wrong"
)]

mod cuts;
mod decode;
mod differential;
mod json;
mod layout_parser;
mod memory;
#[path = "../../../pyjson/tests/it/oracle.rs"]
#[allow(
    dead_code,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "it is the property tests', which panic when something is wrong"
)]
mod oracle;
mod roundtrip;
mod session;

pub use decode::decode_frame;
pub use differential::{frame_differential, json_differential};
pub use json::json_loads;
pub use layout_parser::layout_parser;
pub use roundtrip::roundtrip_frame;
pub use session::session;

/// A target: a function of any bytes.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 7] = [
    ("decode_frame", decode_frame),
    ("roundtrip_frame", roundtrip_frame),
    ("session", session),
    ("json_loads", json_loads),
    ("layout_parser", layout_parser),
    ("json_differential", json_differential),
    ("frame_differential", frame_differential),
];

/// The entry of a target's program.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$name(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            $crate::over_files($crate::$name)
        }
    };
}

/// Call a target with each of the files that are named on the command line.
#[must_use]
pub fn over_files(target: Target) -> std::process::ExitCode {
    let mut files = std::env::args_os().skip(1).peekable();
    if files.peek().is_none() {
        eprintln!("name the inputs to run; to fuzz, `make fuzz`");
        return std::process::ExitCode::from(2);
    }
    memory::is_alone();
    for file in files {
        match std::fs::read(&file) {
            Ok(data) => target(&data),
            Err(error) => {
                eprintln!("cannot read {}: {error}", file.display());
                return std::process::ExitCode::from(2);
            }
        }
    }
    std::process::ExitCode::SUCCESS
}
