//! `frame-client`, as a user meets it.

mod at_terminal;
mod broken_frames;
mod chat;
mod clauses;
mod file_names;
mod file_transfer;
mod kills;
mod messages;
mod one_turn;
mod remote_command;
mod stalls;
mod typed;
mod upper;
mod usage;
