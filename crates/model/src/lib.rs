//! What framecheck plays and judges, as data and traits.
//!
//! A [`Scenario`] defines which inputs are tried and what is right for each. A [`CaseId`](case::CaseId) names
//! one play of an input. An [`Observation`](observation::Observation) is everything that was seen of it.
//! [`Difference`]s and a [`Verdict`] are the result. A run reports by [`event`]s.
//!
//! This crate does no I/O: it opens no file and no socket, and starts no process. All its data are owned. They
//! can be read back from a journal without the scenarios that wrote it.

pub mod blob;
pub mod case;
mod catalogue;
mod check;
mod endpoint;
mod erratum;
pub mod event;
mod expected;
mod fixed_address;
mod frames;
mod harmed;
mod input;
mod literal;
pub mod mask;
mod needs;
pub mod observation;
mod quick;
mod said;
pub mod scenario;
mod search;
pub mod shard;
pub mod shell;
mod step;
mod verdict;
pub mod visible;

pub use catalogue::Catalogue;
pub use check::{Check, Clause, Level};
pub use endpoint::Endpoint;
pub use erratum::{Demo, Erratum, Sign};
pub use expected::{Ending, Expected, ExpectedEnd, Notes, Wire};
pub use fixed_address::{FixedAddressError, fixed_address, place_beside_fixed_address};
pub use frames::{Frame, FramePart, Frames, Key};
pub use harmed::{Harmed, files_beside, files_beside_server, given_to_client};
pub use input::{Beside, Hostile, Input};
pub use literal::{Literal, Literals, Value, places_in};
pub use needs::{Needs, bad_variable_name};
pub use quick::QuickCase;
pub use said::{Breaks, Burst, Explained, Said, bursts};
pub use scenario::{
    Addresses, CLIENT_ADDRESS, GENERATED, Generator, RightError, SERVER_ADDRESS, Scenario, Truth,
    Vector, generated_input, generated_tree, generator_of, one_generator,
};
pub use search::{contains, count};
pub use step::{Leaving, Step};
pub use verdict::{Difference, Parting, Verdict};
