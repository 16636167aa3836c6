//! `frame-server`, as a user meets it.

mod access;
mod chat;
mod file_transfer;
mod life;
mod limits;
mod messages;
mod numbers;
mod one_turn;
mod popen;
mod remote_command;
mod rude_clients;
mod screen;
mod shutdown;
mod socket_api;
mod unix_socket;
mod upper;
mod usage;
