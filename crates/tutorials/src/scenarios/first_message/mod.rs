//! `first-message`: a message and its answer, both shown as text.

mod errata;

use model::{Check, Clause};

use crate::shared::one_turn::{OneTurn, Shows};

pub(crate) static FIRST_MESSAGE: OneTurn = OneTurn {
    name: "first-message",
    summary: "a message and its answer over a stream, both shown as text",
    message: "qiubabi munieniu",
    answer: "萨瓦迪卡客户端",
    server_shows: Shows::TextBehind("收到来自客户端的消息:"),
    client_shows: Shows::TextBehind("收到来自服务端的消息:"),
    takes_turns: &[],
    clauses: CLAUSES,
    errata: errata::ERRATA,
    about: include_str!("scenario.toml"),
};

const CLAUSES: &[Clause] = &[
    Clause::must(
        "FM-1",
        "The client sends its message as UTF-8, without a newline or a length. A stream can't \
         carry a message of no bytes. Instead, the client half-closes the connection.",
        &[Check::ToServer],
    ),
    Clause::must(
        "FM-2",
        "If the first 1024 bytes that the server received are UTF-8, or if it received none, it \
         sends its answer as UTF-8, and nothing else. Otherwise it sends nothing. The answer \
         arrives also when the client sent more than 1024 bytes.",
        &[Check::ToClient],
    ),
    Clause::must(
        "FM-3",
        "The server prints the client's address as Python's accept gives it, then '收到来自客户端的消息:' \
         and the text of one recv(1024), which is the first 1024 bytes of a longer message. If \
         these bytes are not UTF-8, it prints only the address.",
        &[Check::ServerStdout],
    ),
    Clause::must(
        "FM-4",
        "The client prints '收到来自服务端的消息:' and the text of the first 1024 bytes of the \
               answer.",
        &[Check::ClientStdout],
    ),
    Clause::must(
        "FM-5",
        "The client ends with status 0 when it has its answer. It prints nothing and ends with \
         another status when the connection ends without an answer, or when these bytes are not \
         UTF-8.",
        &[Check::ClientExit],
    ),
    Clause::must(
        "FM-6",
        "The server runs until it gets a signal to end, or ends with status 0 after a client. \
         No data from a client changes this.",
        &[Check::ServerExit],
    ),
    Clause::must(
        "FM-7",
        "The server closes the connection after its answer, or when it sends no answer.",
        &[Check::ServerCloses],
    ),
    Clause::must(
        "FM-8",
        "Neither program writes files.",
        &[Check::ClientFiles, Check::ServerFiles],
    ),
];
