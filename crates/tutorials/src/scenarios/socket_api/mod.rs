//! `socket-api`: each call of the socket module's catalogue, and its result.

use model::case::Transport;
use model::observation::Role;
use model::{Breaks, Check, Clause, Expected, ExpectedEnd, Input, Literal, Notes, Vector, Wire};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use serde_json::json;

use crate::literals::TutorialLiterals;
use crate::oracle::{Oracle, OracleError};
use crate::shared::text::{noisy_text, text};
use crate::tutorial::Tutorial;

pub(crate) struct SocketApi;

const MESSAGE: &str = "hello";
const MESSAGE_MAX_BYTES: usize = 1024;
const BACKLOG: i64 = 5;
/// A protocol for a raw socket, which needs a privilege. Raw sockets without a protocol do
/// not exist.
const IPPROTO_ICMP: u8 = 1;

const CLAUSES: &[Clause] = &[
    Clause::must(
        "SA-1",
        "The program makes each call of the catalogue. It prints the call's name and its result as \
         Python shows it; for an exception, its text.",
        &[Check::ServerStdout],
    ),
    Clause::must("SA-2", "It communicates only with itself.", &[Check::ToServer, Check::ToClient]),
    Clause::must("SA-3", "It ends by itself with status 0.", &[Check::ServerExit]),
    Clause::must("SA-4", "It writes no files.", &[Check::ServerFiles]),
];

impl Tutorial for SocketApi {
    fn name(&self) -> &'static str {
        "socket-api"
    }

    fn summary(&self) -> &'static str {
        "each call of the socket module's catalogue, and its result"
    }

    fn transports(&self) -> &'static [Transport] {
        Transport::ALONE
    }

    fn about(&self) -> &'static str {
        include_str!("scenario.toml")
    }

    fn clauses(&self) -> &'static [Clause] {
        CLAUSES
    }

    fn vectors(&self) -> Vec<Vector> {
        let said = |name, message: &str| Vector::new(name, told(Some(message), None));
        let queued = |name, backlog| Vector::new(name, told(None, Some(backlog)));
        vec![
            Vector::new("tutorial", told(None, None)),
            said("one-byte", "x"),
            said("two-bytes", "xy"),
            said("three-bytes", "xyz"),
            said("chinese", "你好,世界"),
            said("quotes", "it's \"so\""),
            said("newline-inside", "one\ntwo"),
            said("controls", "\t\r\u{1b}\u{7f}\\"),
            said("dashes", "--backlog=1"),
            said("1024-bytes", &noisy_text(1024)),
            queued("backlog-0", 0),
            queued("backlog-1", 1),
            queued("backlog-128", 128),
            queued("backlog-negative", -1),
        ]
    }

    fn strategy(&self) -> BoxedStrategy<Input> {
        let message = text(1..=60, MESSAGE_MAX_BYTES, &['\0'])
            .prop_filter("nothing to wait for", |message| !message.is_empty());
        (message, 0..20_i64)
            .prop_map(|(message, backlog)| told(Some(&message), Some(backlog)))
            .boxed()
    }

    fn right(&self, input: &Input, oracle: &Oracle) -> Result<Expected, OracleError> {
        let message = input.message(0).unwrap_or(MESSAGE);
        let screen = screen(message.as_bytes(), input.number().unwrap_or(BACKLOG), oracle)?;
        Ok(Expected {
            to_server: Wire::stream(Vec::new()),
            to_client: Wire::stream(Vec::new()),
            server: ExpectedEnd::printing(screen.into_bytes()),
            client: ExpectedEnd::printing(Vec::new()),
            notes: Notes::new(),
            breaks: <[Breaks; 2]>::default(),
        })
    }

    fn literals(&self, _: Role, input: &Input) -> Vec<Literal> {
        let backlog = input.number().map(|backlog| backlog.to_string());
        vec![
            Literal::or("message", input.message(0), MESSAGE),
            Literal::or("backlog", backlog.as_deref(), &BACKLOG.to_string()),
        ]
    }
}

/// The literals of the only program. The scenario has no client; the harness acts in its
/// place.
fn told(message: Option<&str>, backlog: Option<i64>) -> Input {
    let input = Input { raw: true, ..Input::saying(message) };
    match backlog {
        Some(backlog) => input.with_number(backlog),
        None => input,
    }
}

/// The expected output, call by call.
fn screen(message: &[u8], backlog: i64, oracle: &Oracle) -> Result<String, OracleError> {
    let error = |name| oracle.os_error(name);
    let (shown, len) = (oracle.repr_bytes(message)?, message.len());
    let first_three = oracle.repr_bytes(message.get(..3).unwrap_or(message))?;
    let true_integer = oracle.repr_bytes(&oracle.pack_int(1)?)?;
    // The kernel queues one connection more than the backlog says. A negative backlog counts
    // as 0.
    let waiting = backlog.max(0) + 1;
    let (twentieth, five) = (oracle.repr(&json!(0.05))?, oracle.repr(&json!(5.0))?);
    let again = error("EAGAIN")?;
    let lines = [
        objects(),
        format!(
            "-- server\n\
             getsockopt: 0\nsetsockopt: None\ngetsockopt: 1\ngetsockopt: {true_integer}\n\
             getsockname: ('0.0.0.0', 0)\nbind: None\ngetsockname: 127.0.0.1 True\nbind: {}\n\
             connect: {}\nconnect_ex: 111\nlisten: None\nbind: {}\n",
            error("EINVAL")?,
            error("ECONNREFUSED")?,
            error("EADDRINUSE")?
        ),
        format!(
            "-- client\n\
             getpeername: {}\nsend: {}\nconnect: None\naccept: True\ngetpeername: True True\n\
             getsockname: True\nconnect: {}\nconnect_ex: 0\naccept: True\nrecv: b''\n\
             create_connection: {five} True\n",
            error("ENOTCONN")?,
            error("EPIPE")?,
            error("EISCONN")?
        ),
        format!(
            "-- messages\n\
             send: {len}\nrecv: {first_three}\nrecv: {shown}\nsendall: None\nrecv: {shown}\n\
             recvfrom: {len} ({shown}, None)\nmakefile: 8 b'one\\n' b'two\\n'\n\
             makefile: {len} None {shown}\n"
        ),
        format!(
            "-- datagrams\n\
             sendto: {len}\nrecvfrom: {shown} True\nsendto: {len}\nrecvfrom: {first_three} True\n\
             sendto: {}\n",
            error("EMSGSIZE")?
        ),
        format!(
            "-- waiting\n\
             gettimeout: None\nsettimeout: None\ngettimeout: {twentieth}\nrecv: timed out\n\
             setblocking: None\ngettimeout: 0.0\nrecv: {again}\nsetblocking: None\n\
             gettimeout: None\n\
             -- backlog\nconnect_ex: {waiting} 11\n"
        ),
        format!(
            "-- closing\n\
             fileno: True\nclose: None\nfileno: -1\nrecv: b''\nrecv: {}\nclose: None\n",
            error("EBADF")?
        ),
        format!(
            "-- raw sockets\nsocket: {}\nsocket: {}\n",
            oracle.raw_socket(0)?,
            oracle.raw_socket(IPPROTO_ICMP)?
        ),
    ];
    Ok(lines.concat())
}

/// Families 2, 10 and 1, and types 1 and 2, are Linux's numbers.
fn objects() -> String {
    let mut lines = "-- socket objects\n".to_owned();
    for family in [2, 10, 1] {
        for kind in [1, 2] {
            lines += &format!("socket: {family} {kind} 0\n");
        }
    }
    lines + "socketpair: 1 1 1 1\nfromfd: False 4 b'copy'\n"
}
