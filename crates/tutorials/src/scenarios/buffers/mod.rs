//! `buffers`: what closing a socket does to its buffered bytes, in each direction.

mod errata;

use std::io;
use std::net::SocketAddr;

use model::case::Transport;
use model::observation::Role;
use model::scenario::replace;
use model::{
    Addresses, Breaks, Check, Clause, Endpoint, Erratum, Expected, ExpectedEnd, Input, Literal,
    Notes, Step, Vector, Wire,
};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use rustix::net::{AddressFamily, SocketType, sockopt};

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::shared::text::{noise, noisy_text, text};
use crate::tutorial::Tutorial;

pub(crate) struct Buffers;

const MESSAGE: &str = "hello!";
const SIZE: i64 = 100_000;
const PEEK_BYTES: usize = 1024;
/// Replaces the sizes, which differ between machines and between transports.
const SIZES: &str = "SO_SNDBUF {send buffer}\nSO_RCVBUF {receive buffer}\n";
/// Replaces the client's line about the end of its second connection.
const RESET: &str = "{reset}\n";

const CLAUSES: &[Clause] = &[
    Clause::must(
        "BU-1",
        "The client connects twice. It half-closes its first connection at once and sends nothing \
         over it. Over the second it sends its message as UTF-8, and nothing else.",
        &[Check::ToServer],
    ),
    Clause::must(
        "BU-2",
        "When a client has ended its stream and sent nothing, the server writes its block, bytes \
         of 'x', and closes at once. The whole block arrives. To any other client the server sends \
         nothing.",
        &[Check::ToClient],
    ),
    Clause::must(
        "BU-3",
        "The server prints the sizes that getsockopt gives for its new socket, 'SO_SNDBUF' and \
         'SO_RCVBUF', one line each. Then it prints for each client the bytes repr of what a \
         recv(1024) with MSG_PEEK returns.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "BU-4",
        "The client prints the sizes in the same way. Then it prints how many bytes came before \
         the end of its first connection. Then it prints how its second connection ended: '[Errno \
         104] Connection reset by peer', or without a reset the bytes repr of a recv(1024).",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "BU-5",
        "The client ends with status 0 when both connections have ended.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "BU-6",
        "The server runs until it gets a signal to end, or ends with status 0 after two clients.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "BU-7",
        "When a client has sent something, the server closes the connection and leaves that input \
         unread. The client sees a reset.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "BU-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];

impl Tutorial for Buffers {
    fn name(&self) -> &'static str {
        "buffers"
    }

    fn summary(&self) -> &'static str {
        "what closing does to buffered bytes: output still arrives, unread input is lost"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::STREAMS
    }

    fn about(&self) -> &'static str {
        include_str!("scenario.toml")
    }

    fn clauses(&self) -> &'static [Clause] {
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        let sized = |name, size| Vector::new(name, Input::default().with_number(size));
        let said = |name, message: &str| Vector::new(name, Input::saying([message]));
        let raw = |name, sends: &[&[u8]]| Vector::new(name, Input::raw(sends));
        vec![
            Vector::new("tutorial", Input::default()),
            sized("empty-block", 0),
            sized("block-of-one-byte", 1),
            sized("block-of-8-kibibytes", 8 << 10),
            sized("block-of-65536-bytes", 64 << 10),
            // More bytes than all buffers on the way hold, so the server waits in its send.
            sized("block-of-16-mebibytes", 16 << 20),
            said("one-byte-unread", "x"),
            said("chinese-unread", "未读"),
            said("quotes-unread", "'\""),
            said("controls-unread", "\n\r\t\u{1b}\u{7f}"),
            said("line-end-unread", "unread\r\n"),
            said("1023-bytes-unread", &noisy_text(1023)),
            said("1024-bytes-unread", &noisy_text(1024)),
            said("1025-bytes-unread", &noisy_text(1025)),
            said("8000-bytes-unread", &noisy_text(8000)),
            raw("raw-two-blocks", &[b"", b""]),
            raw("raw-binary-unread", &[b"", &noise(500)]),
            raw("raw-only-unread", &[b"\0"]),
            raw("raw-one-client", &[b""]),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let message = prop_oneof![
            4 => text(1..=40, 4096, &['\0']),
            1 => (1..=3000_usize).prop_map(noisy_text),
        ]
        .prop_filter("without a message both programs wait for ever", |message| {
            !message.is_empty()
        });
        let size = prop_oneof![0..100_i64, 1000..1050_i64, 0..300_000_i64];
        (message, size)
            .prop_map(|(message, size)| Input::saying([message]).with_number(size))
            .boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let usual = [Vec::new(), input.message(0).unwrap_or(MESSAGE).as_bytes().to_vec()];
        let sends = if input.raw {
            input.lines.iter().map(|line| line.0.clone()).collect()
        } else {
            usual.to_vec()
        };
        let size = input.number().unwrap_or(SIZE);
        let block = vec![b'x'; usize::try_from(size).unwrap_or(0)];
        let (mut to_client, mut server_screen) = (Vec::new(), SIZES.to_owned());
        for sent in &sends {
            let peeked = sent.get(..PEEK_BYTES).unwrap_or(sent);
            server_screen += &format!("{}\n", oracle.repr_bytes(peeked)?);
            if sent.is_empty() {
                to_client.extend_from_slice(&block);
            }
        }
        let client_screen =
            if input.raw { String::new() } else { format!("{SIZES}{size}\n{RESET}") };
        Ok(Expected {
            to_server: Wire::stream(sends.concat()),
            to_client: Wire::stream(to_client),
            server: ExpectedEnd::printing(server_screen.into_bytes()),
            client: ExpectedEnd::printing(client_screen.into_bytes()),
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn errata(&self) -> &'static [Erratum] {
        errata::ERRATA
    }

    /// One connection for each line. It sends the line, or only half-closes if the line is empty.
    fn script(&self, input: &Input, _: &Expected) -> Vec<Step> {
        let each = |sent: &model::blob::Blob| {
            let done = sent.0.is_empty();
            let said = if done { Step::Finish } else { Step::Send(sent.0.clone()) };
            [Step::Connect, said, Step::ReadEnd]
        };
        input.lines.iter().flat_map(each).collect()
    }

    fn literals(&self, role: Role, input: &Input) -> Vec<Literal> {
        match role {
            Role::Server => {
                let size = input.number().map(|size| size.to_string());
                vec![Literal::or("size", size.as_deref(), &SIZE.to_string())]
            }
            Role::Client => vec![Literal::or("message", input.message(0), MESSAGE)],
        }
    }

    /// Replaces what differs between machines, and how the second connection ended. No program can
    /// reset a Unix socket, so there the recorder passes on a plain end.
    fn hide_addresses(&self, role: Role, addresses: &Addresses, screen: &mut Vec<u8>) {
        let kind = match role {
            Role::Server => addresses.clients.first().unwrap_or(&addresses.server),
            Role::Client => &addresses.server,
        };
        if let Ok((send, receive)) = new_buffer_sizes(kind) {
            replace(screen, &format!("SO_SNDBUF {send}\nSO_RCVBUF {receive}\n"), SIZES);
        }
        if role == Role::Client {
            let end = match kind {
                Endpoint::Inet(_) => "[Errno 104] Connection reset by peer\n",
                Endpoint::Path(_) => "b''\n",
            };
            if screen.ends_with(end.as_bytes()) {
                screen.truncate(screen.len() - end.len());
                screen.extend_from_slice(RESET.as_bytes());
            }
        }
    }
}

/// The `SO_SNDBUF` and `SO_RCVBUF` of a new stream socket on this machine, for this kind of
/// endpoint.
///
/// # Errors
/// As socket(2) fails.
fn new_buffer_sizes(kind: &Endpoint) -> io::Result<(usize, usize)> {
    let family = match kind {
        Endpoint::Inet(SocketAddr::V4(_)) => AddressFamily::INET,
        Endpoint::Inet(SocketAddr::V6(_)) => AddressFamily::INET6,
        Endpoint::Path(_) => AddressFamily::UNIX,
    };
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    Ok((sockopt::socket_send_buffer_size(&socket)?, sockopt::socket_recv_buffer_size(&socket)?))
}
