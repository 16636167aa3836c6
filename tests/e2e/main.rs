//! End-to-end tests of the three commands. One binary; a module for each program and topic.

mod client;
mod exchange;
mod peers;
mod server;
