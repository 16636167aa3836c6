//! End-to-end tests of the three commands. One binary; a module for each program and topic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod client;
mod exchange;
mod framecheck;
mod house;
mod peers;
mod proc;
mod readme;
mod server;
mod terminal;
