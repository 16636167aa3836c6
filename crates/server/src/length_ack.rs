//! `length-ack`: reads a length as text, answers `ok`, then reads the message and prints it.
//!
//! Source: `python-ref/length-ack/server.py`. Unlike it, this server accepts only digits as a length,
//! reads exactly as many bytes for the message as the client announced, and notices the end of a
//! stream.

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::args::Messages;
use crate::clauses::Clauses;
use crate::reading::read_up_to;
use crate::screen;
use crate::serving::{Connection, serve_each};

pub(crate) async fn serve(options: Messages, clauses: Clauses) -> anyhow::Result<()> {
    let max_bytes = options.max_message;
    serve_each(&options.listen, &options.serving, clauses, move |stream| {
        take_message(stream, max_bytes)
    })
    .await
}

async fn take_message(mut stream: Connection, max_bytes: u64) -> anyhow::Result<()> {
    let mut buffer = [0; 1024];
    let read = stream.read(&mut buffer).await?;
    let length = parse_length(buffer.split_at(read).0)?;
    ensure!(length <= max_bytes, "a message of {length} bytes is over the limit of {max_bytes}");
    stream.message_has_begun();
    stream.write_all(b"ok").await?;
    let message = read_up_to(&mut stream, length).await?;
    ensure!(
        message.len() as u64 == length,
        "expected a message of {length} bytes, found {}",
        message.len()
    );
    screen::print(&pytext::repr_bytes(&message)).await?;
    Ok(stream.close_gently().await?)
}

/// Decimal digits and nothing else.
fn parse_length(text: &[u8]) -> anyhow::Result<u64> {
    let shown = || pytext::repr_bytes(text);
    let only_digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    ensure!(only_digits, "expected a length in decimal digits, found {}", shown());
    let digits = std::str::from_utf8(text)?;
    let too_long =
        || format!("expected a length of at most {}, found {} digits", u64::MAX, text.len());
    digits.parse().ok().with_context(too_long)
}

#[cfg(test)]
mod tests {
    use super::parse_length;

    #[test]
    fn a_length_is_digits_alone() {
        for (text, length) in [(&b"0"[..], 0), (b"6", 6), (b"007", 7), (b"2147483648", 1 << 31)] {
            assert_eq!(parse_length(text).unwrap(), length);
        }
        let too_many = [b'9'; 1024];
        for text in [&b""[..], b"-6", b"+6", b" 6", b"6\n", b"1_0", b"6hello!", b"\xff", &too_many]
        {
            assert!(parse_length(text).is_err(), "{}", text.escape_ascii());
        }
    }
}
