//! `frame-server SCENARIO --listen ADDR`: every server program of the tutorials, as one program
//! that serves any number of clients until SIGTERM or Ctrl-C, but for those that serve nobody. Only
//! `chat` and `chat-guarded` end after a client, and those that chat serve one at a time: they have
//! one user.
//!
//! Standard output shows what the tutorial's program shows, to the byte, and nothing else, except
//! that at a terminal the prompts are on standard error, as Python's are; all diagnostics go there.
//! Exit status: 0 after SIGTERM or Ctrl-C or when all is done, 1 if it can't serve, 2 for wrong
//! usage. An error, of this program or with one of its clients, begins with the clause of
//! docs/PROTOCOL.md that it goes by.

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
    // What this was started with beside the standard streams is for none of the commands it runs:
    // Python's Popen has close_fds. All that is opened from here on is closed by an exec anyway.
    close_fds::set_fds_cloexec(3, &[]);
    let _log = match start_log_that_never_waits(args.log_format) {
        Ok(log) => log,
        Err(error) => {
            // Nothing more can be done where nobody reads that.
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
    // On a thread of the runtime's own, whoever is accepted is served there: the main thread would have
    // to wake one for each.
    let serving = runtime.spawn(serve(args.scenario));
    let ended = runtime.block_on(serving);
    // A drop would wait for system calls under way, such as printing where nobody reads.
    runtime.shutdown_background();
    ended?
}

/// Those of many connections end by themselves after a signal, when what is under way is done. The
/// others have nothing that a signal could spoil: a datagram is answered at once, a talk ends when
/// its user leaves, and the rest serve nobody.
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
