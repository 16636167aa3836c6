//! The command line. Every default is the tutorial's own literal.

#![allow(rustdoc::broken_intra_doc_links, reason = "help texts, in which [::1] is an address")]

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use endpoint::Address;

/// The server programs of the Python socket tutorials, byte for byte.
///
/// ADDR is 127.0.0.1:8080, [::1]:8080 or unix:PATH; port 0 takes a free port and the log says
/// which. Standard output shows what the tutorial's program shows. What you would type into those
/// that chat comes from standard input, a line each; at a terminal their prompts are on standard
/// error, as Python's are. The log goes to standard error; FRAME_LOG=debug or FRAME_LOG=off changes
/// how much of it.
#[derive(Debug, Parser)]
#[command(name = "frame-server", version, subcommand_value_name = "SCENARIO")]
#[command(subcommand_help_heading = "Scenarios", disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// Send one file to each client: packed length, JSON dict, the file's bytes.
    FileTransfer(FileTransfer),
    /// Run what a client sends in /bin/sh and answer with its output. Whoever can connect can do
    /// whatever this user can.
    RemoteCommand(RemoteCommand),
    /// Answer each recv(1024) of a stream with its bytes in upper case.
    TcpUpper(TcpUpper),
    /// Answer each datagram with its first 1024 bytes in upper case.
    UdpUpper(UdpUpper),
    /// Take turns with one client, whose messages you answer, and end.
    Chat(Chat),
    /// As chat; an empty answer becomes a fixed one, and the status is 0 whatever ends the talk.
    ChatGuarded(Chat),
    /// As chat-guarded, with one client after another, for ever.
    ChatRelisten(Chat),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct FileTransfer {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: Address,
    /// The file_name that clients are told.
    #[arg(long, default_value = "xyyyhtl.txt")]
    pub(crate) name: String,
    /// The file_desc that clients are told.
    #[arg(long, default_value = "what fuck")]
    pub(crate) desc: String,
    /// The file whose bytes are sent.
    #[arg(default_value = "04 struct模块.py")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RemoteCommand {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: Address,
    /// Longest output that is sent; a command that prints more is killed.
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20)]
    pub(crate) max_output: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TcpUpper {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    pub(crate) listen: Address,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct UdpUpper {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: Address,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Chat {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: Address,
}
