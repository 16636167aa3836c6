//! `frame-client SCENARIO --connect ADDR`: every client program of the tutorials.
//!
//! The client reads the lines that its user would type from standard input; the end of the input
//! ends the client. Standard output shows what the tutorial's program shows, to the byte. All
//! diagnostics go to standard error, and at a terminal so do the prompts, as Python's do. Exit
//! status: 0 when the exchange was complete, 1 when it was not, 2 for wrong usage. Each error
//! begins with the id of its clause in docs/PROTOCOL.md.

mod args;
mod buffers;
mod chat;
mod file_transfer;
mod first_message;
mod frames;
mod greeting;
mod length_ack;
mod length_prefix;
mod line_upper;
mod line_upper_udp;
mod one_datagram;
mod one_turn;
mod remote_command;
mod sticky;
mod tcp_connect;
mod tcp_hello;
mod tcp_upper;
mod udp_hello;
mod udp_upper;

use std::process::ExitCode;

use args::{Args, Scenario};
use clap::Parser;

fn main() -> ExitCode {
    let args = Args::parse();
    endpoint::diagnostics::start_log(args.log_format);
    let clause = args.scenario.clause();
    match run(args.scenario) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", endpoint::with_clause(error.as_ref(), clause));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn run(scenario: Scenario) -> anyhow::Result<()> {
    endpoint::too_long_is_an_error()?;
    match scenario {
        Scenario::FileTransfer(options) => file_transfer::fetch(options).await,
        Scenario::RemoteCommand(options) => remote_command::ask(options).await,
        Scenario::TcpUpper(options) => tcp_upper::talk(options).await,
        Scenario::UdpUpper(options) => udp_upper::talk(options).await,
        Scenario::TcpConnect(options) => tcp_connect::connect(options).await,
        Scenario::TcpHello(options) => tcp_hello::talk(options).await,
        Scenario::UdpHello(options) => udp_hello::talk(options).await,
        Scenario::LineUpper(options) | Scenario::LineUpperSerial(options) => {
            line_upper::talk(options).await
        }
        Scenario::LineUpperUdp(options) => line_upper_udp::talk(options).await,
        Scenario::Greeting(options) => greeting::talk(options).await,
        Scenario::FirstMessage(options) => first_message::talk(options).await,
        Scenario::Chat(options) => chat::talk(options, chat::PLAIN).await,
        Scenario::ChatGuarded(options) | Scenario::ChatRelisten(options) => {
            chat::talk(options, chat::GUARDED).await
        }
        Scenario::LengthAck(options) => length_ack::send(options).await,
        Scenario::LengthPrefix(options) => length_prefix::send(options).await,
        Scenario::Buffers(options) => buffers::show(options).await,
        Scenario::Sticky(options) => sticky::send_three(options).await,
        Scenario::StickySizes(options) => sticky::send_sizes(options).await,
    }
}
