//! `first-message`: a message and its answer, both shown as text.

use super::one_turn::{OneTurn, Shows};
use super::{Check, Clause, Level};

pub(super) static FIRST_MESSAGE: OneTurn = OneTurn {
    name: "first-message",
    summary: "a message and its answer over a stream, both shown as text",
    message: "qiubabi munieniu",
    answer: "萨瓦迪卡客户端",
    server_shows: Shows::TextBehind("收到来自客户端的消息:"),
    client_shows: Shows::TextBehind("收到来自服务端的消息:"),
    clauses: CLAUSES,
    errata: super::errata::one_turn::FIRST_MESSAGE,
};

const CLAUSES: &[Clause] = &[
    Clause {
        id: "FM-1",
        level: Level::Must,
        text: "The client sends its message as UTF-8, without a newline or a length. A stream can't \
               carry a message of no bytes: in its place the client says that it sends no more.",
        checks: &[Check::ToServer],
    },
    Clause {
        id: "FM-2",
        level: Level::Must,
        text: "The server sends its answer as UTF-8, and nothing else, if the first 1024 bytes it \
               received are UTF-8; none are, too. If they are not, it sends nothing. That a client \
               sent more than 1024 bytes keeps no answer from arriving.",
        checks: &[Check::ToClient],
    },
    Clause {
        id: "FM-3",
        level: Level::Must,
        text: "The server prints the client's address as Python's accept gives it, then \
               '收到来自客户端的消息:' and the text of one recv(1024), the first 1024 bytes of a longer \
               message. Where that is not UTF-8 it prints the address alone.",
        checks: &[Check::ServerStdout],
    },
    Clause {
        id: "FM-4",
        level: Level::Must,
        text: "The client prints '收到来自服务端的消息:' and the text of the first 1024 bytes of the \
               answer.",
        checks: &[Check::ClientStdout],
    },
    Clause {
        id: "FM-5",
        level: Level::Must,
        text: "The client ends with status 0 when it has its answer, and with another, printing \
               nothing, when the connection ends without one or these bytes are not UTF-8.",
        checks: &[Check::ClientExit],
    },
    Clause {
        id: "FM-6",
        level: Level::Must,
        text: "The server goes on until it is asked to end, or ends with status 0 after a client, \
               whatever that sent.",
        checks: &[Check::ServerExit],
    },
    Clause {
        id: "FM-7",
        level: Level::Must,
        text: "The server closes the connection after its answer, or where it gives none.",
        checks: &[Check::ServerCloses],
    },
    Clause {
        id: "FM-8",
        level: Level::Must,
        text: "Neither program writes files.",
        checks: &[Check::ClientFiles, Check::ServerFiles],
    },
];
