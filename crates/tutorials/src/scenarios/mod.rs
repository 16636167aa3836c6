//! A folder a scenario, and the list of them all.

mod buffers;
mod chat;
mod chat_guarded;
mod chat_relisten;
mod file_transfer;
mod first_message;
mod greeting;
mod length_ack;
mod length_prefix;
mod line_upper;
mod line_upper_serial;
mod line_upper_udp;
mod remote_command;
mod socket_api;
mod sticky;
mod sticky_sizes;
mod struct_demo;
mod tcp_connect;
mod tcp_hello;
mod tcp_upper;
mod udp_hello;
mod udp_upper;

use crate::tutorial::Tutorial;

/// Every scenario, in the order of the documents.
#[must_use]
pub fn tutorials() -> &'static [&'static dyn Tutorial] {
    static ALL: &[&dyn Tutorial] = &[
        &tcp_connect::TcpConnect,
        &tcp_upper::TcpUpper,
        &udp_upper::UdpUpper,
        &tcp_hello::TCP_HELLO,
        &udp_hello::UdpHello,
        &length_ack::LengthAck,
        &length_prefix::LengthPrefix,
        &remote_command::RemoteCommand,
        &line_upper::LINE_UPPER,
        &line_upper_serial::LINE_UPPER_SERIAL,
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
