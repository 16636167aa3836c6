//! The command line. Every default is the tutorial's own literal.

#![allow(rustdoc::broken_intra_doc_links, reason = "help texts, in which [::1] is an address")]

use clap::{Args as ClapArgs, Parser, Subcommand};
use endpoint::Address;

/// The client programs of the Python socket tutorials, byte for byte.
///
/// ADDR is 127.0.0.1:8080, [::1]:8080 or unix:PATH. What you would type comes from standard input,
/// a line each; its end ends the client. Files are written to the working directory. Standard
/// output shows what the tutorial's program shows, except that at a terminal the prompts are on
/// standard error, as Python's are. FRAME_LOG=off silences the log there.
#[derive(Debug, Parser)]
#[command(name = "frame-client", version, subcommand_value_name = "SCENARIO")]
#[command(subcommand_help_heading = "Scenarios", disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// Fetch a file: packed length, JSON dict, the file's bytes. It is there only when it is whole.
    FileTransfer(FileTransfer),
    /// Send each typed command and print the answer, decoded as GBK.
    RemoteCommand(RemoteCommand),
    /// Send each typed line over a stream and print what comes back.
    TcpUpper(TcpUpper),
    /// Send each typed line, stripped, as a datagram and print what comes back.
    UdpUpper(UdpUpper),
    /// Take turns with the server's user: send each typed line, stripped, and print the answer.
    Chat(Chat),
    /// As chat, with chat-guarded's own prompts.
    ChatGuarded(Chat),
    /// As chat-guarded.
    ChatRelisten(Chat),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct FileTransfer {
    /// Where the server listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) connect: Address,
    /// Longest dict that is taken.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    pub(crate) max_dict: u32,
    /// Largest file that is taken.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 40)]
    pub(crate) max_body: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RemoteCommand {
    /// Where the server listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) connect: Address,
    /// Longest dict that is taken.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    pub(crate) max_dict: u32,
    /// Longest answer that is taken. It is held in memory to be decoded.
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20)]
    pub(crate) max_body: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TcpUpper {
    /// Where the server listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    pub(crate) connect: Address,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct UdpUpper {
    /// Where the server listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) connect: Address,
    /// How long to wait for an answer, which may have been lost, before giving up.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) timeout: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Chat {
    /// Where the server listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) connect: Address,
}
