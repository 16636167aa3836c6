//! The command line. Every default is the literal of the tutorial's program.

#![allow(rustdoc::broken_intra_doc_links, reason = "help texts, in which [::1] is an address")]

use clap::builder::NonEmptyStringValueParser;
use clap::{Args as ClapArgs, Parser, Subcommand};
use endpoint::Address;
use endpoint::diagnostics::LogFormat;

/// The client programs of the Python socket tutorials, byte for byte.
///
/// ADDR is 127.0.0.1:8080, [::1]:8080 or unix:PATH. The client reads the lines that you would type
/// from standard input; the end of the input ends the client. It writes files to the working
/// directory. Standard output shows what the tutorial's program shows. At a terminal, the prompts
/// go to standard error, as Python's do; FRAME_LOG=off silences the log there.
#[derive(Debug, Parser)]
#[command(name = "frame-client", version, subcommand_value_name = "SCENARIO")]
#[command(subcommand_help_heading = "Scenarios", disable_help_subcommand = true)]
pub(crate) struct Args {
    /// The format of the log: lines for people, or one JSON object per line.
    #[arg(long, value_name = "FORMAT", default_value = "human", global = true)]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// Fetch a file: packed length, JSON dict, the file's bytes. The file appears only when it is
    /// complete.
    FileTransfer(FileTransfer),
    /// Send each typed command and print the answer, decoded as GBK.
    RemoteCommand(RemoteCommand),
    /// Send each typed line over a stream and print the answer.
    TcpUpper(TcpUpper),
    /// Send each typed line, stripped, as a datagram and print the answer.
    UdpUpper(UdpUpper),
    /// Connect, and end.
    TcpConnect(TcpConnect),
    /// Send one message and show the answer as bytes.
    TcpHello(TcpHello),
    /// Send one datagram and show the answer as text, with its sender.
    UdpHello(UdpHello),
    /// Send one line and show the answer.
    LineUpper(LineUpper),
    /// Like line-upper, for the server that serves one client after another.
    LineUpperSerial(LineUpper),
    /// Send one line as a datagram and show the answer.
    LineUpperUdp(LineUpperUdp),
    /// Send one message and show the greeting as bytes.
    Greeting(Greeting),
    /// Send one message and show the answer as text.
    FirstMessage(FirstMessage),
    /// Take turns with the server's user: send each typed line, stripped, and print the answer.
    Chat(Chat),
    /// Like chat, with chat-guarded's own prompts.
    ChatGuarded(Chat),
    /// Like chat-guarded.
    ChatRelisten(Chat),
    /// Send a message's length as text, wait for ok, send the message.
    LengthAck(Message),
    /// Send a packed length and the message at once.
    LengthPrefix(Message),
    /// Read a block to its end over one connection, send unread bytes over another; show how each
    /// connection ended.
    Buffers(Buffers),
    /// Send three messages one after another.
    Sticky(Sticky),
    /// Send two small messages, a big one and a last one.
    StickySizes(StickySizes),
}

impl Scenario {
    /// The clause of docs/PROTOCOL.md that fixes the client's exit status. An error that has no
    /// clause of its own names this one.
    pub(crate) const fn clause(&self) -> &'static str {
        match self {
            Self::FileTransfer(_) => "FT-9",
            Self::RemoteCommand(_) => "RC-8",
            Self::TcpUpper(_) => "TU-5",
            Self::UdpUpper(_) => "UU-5",
            Self::TcpConnect(_) => "TC-5",
            Self::TcpHello(_) => "TH-5",
            Self::UdpHello(_) => "UH-5",
            Self::LineUpper(_) => "LU-5",
            Self::LineUpperSerial(_) => "LS-5",
            Self::LineUpperUdp(_) => "LD-5",
            Self::Greeting(_) => "GR-5",
            Self::FirstMessage(_) => "FM-5",
            Self::Chat(_) => "CH-5",
            Self::ChatGuarded(_) => "CG-5",
            Self::ChatRelisten(_) => "CR-5",
            Self::LengthAck(_) => "LA-5",
            Self::LengthPrefix(_) => "LP-5",
            Self::Buffers(_) => "BU-5",
            Self::Sticky(_) => "ST-5",
            Self::StickySizes(_) => "SS-5",
        }
    }
}

/// The options of a scenario: its address, and its other options.
macro_rules! at_an_address {
    ($name:ident, $address:literal $(, { $($more:tt)* })?) => {
        #[derive(Debug, ClapArgs)]
        pub(crate) struct $name {
            /// The server's address.
            #[arg(long, value_name = "ADDR", default_value = $address)]
            pub(crate) connect: Address,
            $($($more)*)?
        }
    };
}

at_an_address!(FileTransfer, "127.0.0.1:8080", {
    /// Longest dict that the client accepts.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    pub(crate) max_dict: u32,
    /// Largest file that the client accepts.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 40)]
    pub(crate) max_body: u64,
    /// How long to wait for header and dict, and then for more of the file, before giving up.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
});

at_an_address!(RemoteCommand, "127.0.0.1:8080", {
    /// Longest dict that the client accepts.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    pub(crate) max_dict: u32,
    /// Longest answer that the client accepts. The client holds it in memory to decode it.
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20)]
    pub(crate) max_body: u64,
    /// How long to wait for more of an answer that has begun, before giving up. Before that, the
    /// command may run without a time limit.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
});

at_an_address!(TcpUpper, "127.0.0.1:8000");

at_an_address!(UdpUpper, "127.0.0.1:8080", {
    /// How long to wait for an answer before giving up. Datagrams may be lost.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) timeout: u64,
});

at_an_address!(TcpConnect, "127.0.0.1:8000");

at_an_address!(TcpHello, "127.0.0.1:8898", {
    /// The message to send.
    #[arg(long, value_name = "TEXT", default_value = "hello!")]
    pub(crate) message: String,
});

at_an_address!(UdpHello, "127.0.0.1:9000", {
    /// The message to send.
    #[arg(long, value_name = "TEXT", default_value = "hello")]
    pub(crate) message: String,
    /// How long to wait for an answer before giving up. Datagrams may be lost.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) timeout: u64,
});

at_an_address!(LineUpper, "127.0.0.1:9999", {
    /// The line to send, without its newline.
    #[arg(long, value_name = "TEXT", default_value = "hello")]
    pub(crate) message: String,
});

at_an_address!(LineUpperUdp, "127.0.0.1:9999", {
    /// The line to send, without its newline.
    #[arg(long, value_name = "TEXT", default_value = "hello")]
    pub(crate) message: String,
    /// How long to wait for an answer before giving up. Datagrams may be lost.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) timeout: u64,
});

at_an_address!(Greeting, "127.0.0.1:8888", {
    /// The message to send.
    #[arg(long, value_name = "TEXT", default_value = "Hello, server!")]
    pub(crate) message: String,
});

at_an_address!(FirstMessage, "127.0.0.1:8080", {
    /// The message to send.
    #[arg(long, value_name = "TEXT", default_value = "qiubabi munieniu")]
    pub(crate) message: String,
});

at_an_address!(Chat, "127.0.0.1:8080");

at_an_address!(Message, "127.0.0.1:8898", {
    /// The message to send.
    #[arg(long, default_value = "hello!")]
    pub(crate) message: String,
});

at_an_address!(Buffers, "127.0.0.1:8898", {
    /// The message that the server leaves unread. With an empty message both sides would wait for
    /// ever.
    #[arg(long, default_value = "hello!", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) message: String,
});

at_an_address!(Sticky, "127.0.0.1:8080", {
    /// The first message.
    #[arg(long, default_value = "1234567")]
    pub(crate) first: String,
    /// The second message.
    #[arg(long, default_value = "abcde")]
    pub(crate) second: String,
    /// The third message.
    #[arg(long, default_value = "hhhhh")]
    pub(crate) third: String,
});

at_an_address!(StickySizes, "127.0.0.1:8898", {
    /// A small message.
    #[arg(long, default_value = "hello")]
    pub(crate) first: String,
    /// Another small message, sent at once after the first.
    #[arg(long, default_value = "world")]
    pub(crate) second: String,
    /// A message that is too big for one recv(1024). The default is 1500 times x.
    #[arg(long, default_value_t = "x".repeat(1500), hide_default_value = true)]
    pub(crate) big: String,
    /// The last message.
    #[arg(long, default_value = "bye")]
    pub(crate) last: String,
});

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn each_scenarios_clause_is_the_one_in_its_protocol_about_how_the_client_ends() {
        let protocol = include_str!("../../../docs/PROTOCOL.md");
        for scenario in Args::command().get_subcommands() {
            let name = scenario.get_name();
            let parsed = Args::try_parse_from(["frame-client", name]).unwrap();
            let (_, section) = protocol.split_once(&format!("\n## {name}\n")).unwrap();
            let section = section.split("\n## ").next().unwrap();
            let stated = format!("- **{}** (MUST) The client ", parsed.scenario.clause());
            let line = section.lines().find(|line| line.starts_with(&stated));
            assert!(line.is_some_and(|line| line.contains("status 0")), "{name}: {stated}");
        }
    }
}
