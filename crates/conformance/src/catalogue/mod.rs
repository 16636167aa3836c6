//! The catalogue: every scenario with its clauses, inputs and what is right for each of them, and
//! the known errata of the reference programs. It starts nothing and judges nothing.

mod buffers;
mod chat;
mod chat_guarded;
mod chat_relisten;
mod check;
mod errata;
mod expected;
mod file_transfer;
mod first_message;
mod greeting;
mod input;
mod length_ack;
mod length_prefix;
mod line_upper;
mod line_upper_udp;
mod one_turn;
mod parts;
mod remote_command;
mod scenario;
mod socket_api;
mod sticky;
mod sticky_sizes;
mod struct_demo;
mod talk;
mod tcp_connect;
mod tcp_hello;
mod tcp_upper;
mod text;
mod udp_hello;
mod udp_upper;

pub use check::{Check, Clause, Level};
pub use errata::{Erratum, Sign, contains, count, errata};
pub use expected::{Ending, Expected, ExpectedEnd, Wire};
pub use input::{Input, Literal, Step};
pub use scenario::{
    Addresses, CLIENT_ADDRESS, SERVER_ADDRESS, Scenario, Vector, generated_input, generated_tree,
};

/// Every scenario, in the order of the documents.
#[must_use]
pub fn scenarios() -> &'static [&'static dyn Scenario] {
    static ALL: &[&dyn Scenario] = &[
        &tcp_connect::TcpConnect,
        &tcp_upper::TcpUpper,
        &udp_upper::UdpUpper,
        &tcp_hello::TCP_HELLO,
        &udp_hello::UdpHello,
        &length_ack::LengthAck,
        &length_prefix::LengthPrefix,
        &remote_command::RemoteCommand,
        &line_upper::CONCURRENT,
        &line_upper::SERIAL,
        &line_upper_udp::LineUpperUdp,
        &buffers::Buffers,
        &greeting::GREETING,
        &first_message::FIRST_MESSAGE,
        &chat::Chat,
        &chat_guarded::ChatGuarded,
        &chat_relisten::ChatRelisten,
        &sticky::Sticky,
        &sticky_sizes::StickySizes,
        &struct_demo::StructDemo,
        &file_transfer::FileTransfer,
        &socket_api::SocketApi,
    ];
    ALL
}

/// The scenario of this name.
#[must_use]
pub fn scenario(name: &str) -> Option<&'static dyn Scenario> {
    scenarios().iter().copied().find(|scenario| scenario.name() == name)
}
