//! `frame-server SCENARIO --listen ADDR`: every server program of the tutorials, as one program. It
//! serves any number of clients until SIGTERM or Ctrl-C; a few scenarios serve no clients. Only `chat`
//! and `chat-guarded` end after one client. The chat servers serve one client at a time, because they
//! have one user.
//!
//! Standard output shows what the tutorial's program shows, to the byte, and nothing else. All
//! diagnostics go to standard error, and at a terminal so do the prompts, as Python's do. Exit status:
//! 0 after SIGTERM or Ctrl-C or when all is done, 1 if the program can't serve, 2 for wrong usage. Each
//! error, of this program or of one client's session, begins with the id of its clause in
//! docs/PROTOCOL.md.

mod args;
mod buffers;
mod chat;
mod clauses;
mod datagrams;
mod file_transfer;
mod first_message;
mod greeting;
mod length_ack;
mod length_prefix;
mod line_upper;
mod line_upper_udp;
mod one_turn;
mod reading;
mod remote_command;
mod screen;
mod serving;
mod socket_api;
mod sticky;
mod sticky_sizes;
mod struct_demo;
mod tcp_connect;
mod tcp_hello;
mod tcp_upper;
mod udp_hello;
mod udp_upper;

use std::io::{self, Write};
use std::process::ExitCode;

use args::{Args, Chat, Scenario};
use clap::Parser;
use clauses::Clauses;
use endpoint::diagnostics::{never_lost, start_log_that_never_waits};
use serving::Signals;

fn main() -> ExitCode {
    let args = Args::parse();
    // Descriptors that this process inherited beside the standard streams must not reach the commands
    // it runs: Python's Popen has close_fds. An exec closes all that the process opens later anyway.
    close_fds::set_fds_cloexec(3, &[]);
    let _log = match start_log_that_never_waits(args.log_format) {
        Ok(log) => log,
        Err(error) => {
            // If standard error has no reader, the program can do nothing more.
            drop(writeln!(io::stderr(), "cannot start a thread for the log: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let Clauses { end, .. } = args.scenario.clauses();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = endpoint::with_clause(error.as_ref(), end);
            never_lost(|| tracing::error!("{error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async { endpoint::too_long_is_an_error() })?;
    // A thread of the runtime accepts clients and serves them there. The main thread would have to wake
    // another thread for each client.
    let serving = runtime.spawn(serve(args.scenario));
    let ended = runtime.block_on(serving);
    // Dropping the runtime would wait for running system calls, such as a print to a pipe that no program
    // reads.
    runtime.shutdown_background();
    ended?
}

/// Servers of many connections handle a signal themselves and end when running sessions are done. A
/// signal can't damage the others: they answer a datagram at once, end a conversation when the user
/// leaves, or serve no clients.
async fn serve(scenario: Scenario) -> anyhow::Result<()> {
    let clauses = scenario.clauses();
    match scenario {
        Scenario::FileTransfer(options) => file_transfer::serve(options, clauses).await,
        Scenario::RemoteCommand(options) => remote_command::serve(options, clauses).await,
        Scenario::TcpUpper(options) => tcp_upper::serve(options, clauses).await,
        Scenario::TcpHello(options) => tcp_hello::serve(options, clauses).await,
        Scenario::LineUpper(options) | Scenario::LineUpperSerial(options) => {
            line_upper::serve(options, clauses).await
        }
        Scenario::Greeting(options) => greeting::serve(options, clauses).await,
        Scenario::FirstMessage(options) => first_message::serve(options, clauses).await,
        Scenario::LengthAck(options) => length_ack::serve(options, clauses).await,
        Scenario::LengthPrefix(options) => length_prefix::serve(options, clauses).await,
        Scenario::Buffers(options) => buffers::serve(options, clauses).await,
        Scenario::Sticky(options) => sticky::serve(options, clauses).await,
        Scenario::StickySizes(options) => sticky_sizes::serve(options, clauses).await,
        Scenario::UdpUpper(options) => until_signal(udp_upper::serve(options, clauses)).await,
        Scenario::UdpHello(options) => until_signal(udp_hello::serve(options, clauses)).await,
        Scenario::LineUpperUdp(options) => {
            until_signal(line_upper_udp::serve(options, clauses)).await
        }
        Scenario::Chat(options) => talk(options, clauses, &chat::PLAIN).await,
        Scenario::ChatGuarded(options) => talk(options, clauses, &chat::GUARDED).await,
        Scenario::ChatRelisten(options) => talk(options, clauses, &chat::RELISTEN).await,
        Scenario::TcpConnect(options) => until_signal(tcp_connect::serve(options)).await,
        Scenario::StructDemo(options) => struct_demo::show(&options).await,
        Scenario::SocketApi(options) => until_signal(socket_api::run(options)).await,
    }
}

async fn talk(options: Chat, clauses: Clauses, manner: &chat::Manner) -> anyhow::Result<()> {
    until_signal(chat::serve(options, clauses, manner)).await
}

async fn until_signal(serve: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    tokio::select! {
        ended = serve => ended,
        () = signals.next() => Ok(()),
    }
}
