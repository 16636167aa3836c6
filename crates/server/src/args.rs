//! The command line. Every default is the literal of the tutorial's program.

#![allow(rustdoc::broken_intra_doc_links, reason = "help texts, in which [::1] is an address")]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use endpoint::Address;
use endpoint::diagnostics::LogFormat;

use crate::clauses::Clauses;
use crate::serving::{Access, LIMITS, Options};

/// The server programs of the Python socket tutorials, byte for byte.
///
/// ADDR is 127.0.0.1:8080, [::1]:8080 or unix:PATH; port 0 takes a free port, which the log shows.
/// Standard output shows what the tutorial's program shows. The chat servers read the lines that you
/// would type from standard input; at a terminal their prompts go to standard error, as Python's do.
/// The log goes to standard error; FRAME_LOG=debug or FRAME_LOG=off changes how much the server
/// logs.
#[derive(Debug, Parser)]
#[command(name = "frame-server", version, subcommand_value_name = "SCENARIO")]
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
    /// Send one file to each client: packed length, JSON dict, the file's bytes.
    FileTransfer(FileTransfer),
    /// Run clients' commands, only programs that --allow names, and answer with their output.
    RemoteCommand(RemoteCommand),
    /// Answer each recv(1024) of a stream with its bytes in upper case.
    TcpUpper(TcpUpper),
    /// Answer each datagram with its first 1024 bytes in upper case.
    UdpUpper(UdpUpper),
    /// Listen, print 123, and end.
    TcpConnect(TcpConnect),
    /// Take one message from each client, show it as bytes, and answer.
    TcpHello(TcpHello),
    /// Show each datagram as bytes, and answer.
    UdpHello(UdpHello),
    /// Answer a line in upper case, all clients at the same time.
    LineUpper(LineUpper),
    /// Like line-upper, but as the tutorial's other server, which serves one client after another.
    LineUpperSerial(LineUpper),
    /// Answer a line in upper case, one datagram each way.
    LineUpperUdp(LineUpperUdp),
    /// Answer every client that sends a message with a greeting.
    Greeting(Greeting),
    /// Show each client's address and message as text, and answer.
    FirstMessage(FirstMessage),
    /// No server: print the length of a text, packed and unpacked.
    StructDemo(StructDemo),
    /// Take turns with one client whose messages you answer, then end.
    Chat(Chat),
    /// Like chat, but a fixed answer replaces an empty one, and the exit status is always 0.
    ChatGuarded(Chat),
    /// Like chat-guarded, but serve one client after another, for ever.
    ChatRelisten(Chat),
    /// Read a length as text, answer ok, read the message and print it.
    LengthAck(Messages),
    /// Read a packed length and the message, print the message.
    LengthPrefix(Messages),
    /// Show what closing does to buffered bytes: the client gets a block, or a reset if it sends
    /// anything.
    Buffers(Buffers),
    /// Print a stream's first fifteen bytes in three parts.
    Sticky(Plain8080),
    /// Print a stream in parts of 1024 bytes.
    StickySizes(Plain8898),
    /// Make each call of the socket module's catalogue and print its result. Serves no clients.
    SocketApi(SocketApi),
}

impl Scenario {
    /// The clauses of docs/PROTOCOL.md that the scenario's errors name.
    pub(crate) const fn clauses(&self) -> Clauses {
        let (end, client) = match self {
            Self::FileTransfer(_) => ("FT-10", "FT-11"),
            Self::RemoteCommand(_) => ("RC-9", "RC-11"),
            Self::TcpUpper(_) => ("TU-6", "TU-7"),
            Self::UdpUpper(_) => ("UU-6", "UU-2"),
            Self::TcpConnect(_) => ("TC-4", "TC-4"),
            Self::TcpHello(_) => ("TH-6", "TH-7"),
            Self::UdpHello(_) => ("UH-6", "UH-2"),
            Self::LineUpper(_) => ("LU-6", "LU-7"),
            Self::LineUpperSerial(_) => ("LS-6", "LS-7"),
            Self::LineUpperUdp(_) => ("LD-6", "LD-2"),
            Self::Greeting(_) => ("GR-6", "GR-7"),
            Self::FirstMessage(_) => ("FM-6", "FM-7"),
            Self::StructDemo(_) => ("SD-2", "SD-2"),
            Self::Chat(_) => ("CH-6", "CH-7"),
            Self::ChatGuarded(_) => ("CG-6", "CG-7"),
            Self::ChatRelisten(_) => ("CR-6", "CR-7"),
            Self::LengthAck(_) => ("LA-6", "LA-7"),
            Self::LengthPrefix(_) => ("LP-6", "LP-7"),
            Self::Buffers(_) => ("BU-6", "BU-7"),
            Self::Sticky(_) => ("ST-6", "ST-7"),
            Self::StickySizes(_) => ("SS-6", "SS-7"),
            Self::SocketApi(_) => ("SA-3", "SA-3"),
        };
        Clauses { end, client }
    }
}

/// The options of a scenario: its address, who may connect or what clients may do, and its other
/// options.
macro_rules! at_an_address {
    ($name:ident, $address:literal, $rules:ident: $type:ty $(, { $($more:tt)* })?) => {
        #[derive(Debug, ClapArgs)]
        pub(crate) struct $name {
            /// The address to listen on.
            #[arg(long, value_name = "ADDR", default_value = $address)]
            pub(crate) listen: Address,
            $($($more)*)?
            #[command(flatten)]
            pub(crate) $rules: $type,
        }
    };
}

at_an_address!(FileTransfer, "127.0.0.1:8080", serving: Options, {
    /// The file_name that the server announces to clients.
    #[arg(long, default_value = "xyyyhtl.txt")]
    pub(crate) name: String,
    /// The file_desc that the server announces to clients.
    #[arg(long, default_value = "what fuck")]
    pub(crate) desc: String,
    /// Longest dict that the server sends. Names in it may be of any length.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, help_heading = LIMITS)]
    pub(crate) max_dict: u32,
    /// Largest file that the server sends.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 40, help_heading = LIMITS)]
    pub(crate) max_body: u64,
    /// The file that the server sends.
    #[arg(default_value = "04 struct模块.py")]
    pub(crate) file: PathBuf,
});

at_an_address!(RemoteCommand, "127.0.0.1:8080", serving: Options, {
    /// A program that clients may run, as a command names it. Repeat the option for more programs.
    /// The server starts it without a shell, and refuses a command that needs one.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) allow: Vec<String>,
    /// Run every command that clients send in /bin/sh: clients can do everything that this user can.
    #[arg(long, conflicts_with = "allow")]
    pub(crate) allow_anything: bool,
    /// Longest output that the server sends. The server kills a command that writes more.
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20, help_heading = LIMITS)]
    pub(crate) max_output: u64,
});

at_an_address!(TcpUpper, "127.0.0.1:8000", serving: Options);

at_an_address!(UdpUpper, "127.0.0.1:8080", access: Access);

at_an_address!(TcpConnect, "127.0.0.1:8000", access: Access);

at_an_address!(TcpHello, "127.0.0.1:8898", serving: Options, {
    /// The answer to send.
    #[arg(long, value_name = "TEXT", default_value = "hi")]
    pub(crate) answer: String,
});

at_an_address!(UdpHello, "127.0.0.1:9000", access: Access, {
    /// The answer to send.
    #[arg(long, value_name = "TEXT", default_value = "hi")]
    pub(crate) answer: String,
});

at_an_address!(LineUpper, "127.0.0.1:9999", serving: Options);

at_an_address!(LineUpperUdp, "127.0.0.1:9999", access: Access);

at_an_address!(Greeting, "127.0.0.1:8888", serving: Options, {
    /// The answer to send.
    #[arg(long, value_name = "TEXT", default_value = "Hello, client!")]
    pub(crate) answer: String,
});

at_an_address!(FirstMessage, "127.0.0.1:8080", serving: Options, {
    /// The answer to send.
    #[arg(long, value_name = "TEXT", default_value = "萨瓦迪卡客户端")]
    pub(crate) answer: String,
});

#[derive(Debug, ClapArgs)]
pub(crate) struct StructDemo {
    /// The text whose length the program packs.
    #[arg(long, default_value = "qiubabimunieniu")]
    pub(crate) text: OsString,
}

at_an_address!(Chat, "127.0.0.1:8080", access: Access);

at_an_address!(Messages, "127.0.0.1:8898", serving: Options, {
    /// Longest message that the server accepts. The server holds it in memory to print it.
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20, help_heading = LIMITS)]
    pub(crate) max_message: u64,
});

at_an_address!(Buffers, "127.0.0.1:8898", serving: Options, {
    /// The length of the block.
    #[arg(long, value_name = "BYTES", default_value_t = 100_000)]
    pub(crate) size: u64,
});

at_an_address!(Plain8080, "127.0.0.1:8080", serving: Options);

at_an_address!(Plain8898, "127.0.0.1:8898", serving: Options);

#[derive(Debug, ClapArgs)]
pub(crate) struct SocketApi {
    /// The message to send in both directions: 1 to 1024 bytes of UTF-8.
    #[arg(long, default_value = "hello", value_parser = short_message)]
    pub(crate) message: String,
    /// How many connections may wait for accept. A negative number means none, as in Python.
    #[arg(long, default_value_t = 5)]
    pub(crate) backlog: i32,
}

/// A message that one recv(1024) returns whole, and that is not empty, so that there is something to
/// wait for.
fn short_message(text: &str) -> Result<String, String> {
    match text.len() {
        1..=1024 => Ok(text.to_owned()),
        len => Err(format!("expected 1 to 1024 bytes, found {len}")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn each_scenarios_clauses_are_those_in_its_protocol_about_ends_and_clients() {
        let protocol = include_str!("../../../docs/PROTOCOL.md");
        for scenario in Args::command().get_subcommands() {
            let name = scenario.get_name();
            let parsed = Args::try_parse_from(["frame-server", name]).unwrap();
            let Clauses { end, client } = parsed.scenario.clauses();
            let (_, section) = protocol.split_once(&format!("\n## {name}\n")).unwrap();
            let section = section.split("\n## ").next().unwrap();
            let stated = |clause: &str, words: &[&str]| {
                let start = format!("- **{clause}** (MUST) ");
                let line = section.lines().find(|line| line.starts_with(&start));
                let says = line.is_some_and(|line| words.iter().any(|word| line.contains(word)));
                assert!(says, "{name}: {clause}");
            };
            stated(end, &[" ends ", " goes on until ", " runs until "]);
            stated(client, &["closes", " answers ", "ends", "serves one client"]);
        }
    }
}
