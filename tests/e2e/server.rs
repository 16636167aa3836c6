//! `frame-server`, as a user meets it.

mod chat;
mod file_transfer;
mod life;
mod messages;
mod one_turn;
mod popen;
mod remote_command;
mod rude_clients;
mod screen;
mod socket_api;
mod unix_socket;
mod upper;
mod usage;
