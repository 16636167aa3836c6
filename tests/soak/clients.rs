//! The clients: those that move data, and the crowd beside them.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// How much a slow reader reads per second.
const SLOW_BYTES: usize = 1024;
/// How much a slow reader of `tcp-upper` has to read: more than fits between it and the
/// server.
const UNREAD_BYTES: usize = 256 << 10;
/// A message of `tcp-upper`.
const MESSAGE_BYTES: usize = 16 << 10;
/// The file of `file-transfer`.
pub(crate) const FILE_BYTES: usize = 4 << 20;

/// The served scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Upper,
    File,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upper => "tcp-upper",
            Self::File => "file-transfer",
        })
    }
}

/// The file's content, without repetition at the same place of a page.
pub(crate) fn file_byte(at: usize) -> u8 {
    (at % 251).to_le_bytes()[0]
}

/// How fast this many clients together move data, in 10^6 bytes per second.
pub(crate) async fn rate(
    server: SocketAddr,
    kind: Kind,
    clients: usize,
    time: Duration,
) -> anyhow::Result<f64> {
    // Finding a free port among so many takes time, which is not the server's.
    let mut streams = Vec::new();
    for _ in 0..clients {
        streams.push(TcpStream::connect(server).await?);
    }
    let moved = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for stream in streams {
        let moved = moved.clone();
        tasks.spawn(async move {
            match kind {
                Kind::Upper => raise(stream, start + time, &moved).await,
                Kind::File => fetch(stream, start + time, &moved).await,
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let megabytes = Duration::from_micros(moved.load(Ordering::Relaxed)).as_secs_f64();
    Ok(megabytes / start.elapsed().as_secs_f64())
}

/// Sends messages and reads them back in upper case.
async fn raise(mut stream: TcpStream, until: Instant, moved: &AtomicU64) -> anyhow::Result<()> {
    let (message, raised) = (vec![b'x'; MESSAGE_BYTES], vec![b'X'; MESSAGE_BYTES]);
    let mut answer = vec![0; MESSAGE_BYTES];
    while Instant::now() < until {
        stream.write_all(&message).await?;
        stream.read_exact(&mut answer).await?;
        ensure!(answer == raised, "an answer is not the message in upper case");
        moved.fetch_add(MESSAGE_BYTES as u64, Ordering::Relaxed);
    }
    Ok(())
}

/// Fetches the file, again and again. The last fetch is broken off when the time is over.
async fn fetch(mut stream: TcpStream, until: Instant, moved: &AtomicU64) -> anyhow::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    let server = stream.peer_addr()?;
    loop {
        let head = read_head(&mut stream).await?;
        ensure!(head.contains(&format!("\"file_size\": {FILE_BYTES}}}")), "the dict is {head}");
        let mut at = 0;
        while at < FILE_BYTES {
            let read = stream.read(&mut buffer).await?;
            ensure!(read > 0, "the file ended after {at} bytes");
            check(buffer.split_at(read).0, at)?;
            at += read;
            moved.fetch_add(read as u64, Ordering::Relaxed);
            if Instant::now() >= until {
                return Ok(());
            }
        }
        stream = TcpStream::connect(server).await?;
    }
}

/// Its first and last byte, which are enough to show bytes of one connection in another.
fn check(part: &[u8], at: usize) -> anyhow::Result<()> {
    let ends = [(part.first(), at), (part.last(), at + part.len() - 1)];
    for (found, at) in ends {
        ensure!(found == Some(&file_byte(at)), "byte {at} of the file is wrong");
    }
    Ok(())
}

async fn read_head(stream: &mut TcpStream) -> anyhow::Result<String> {
    let len = stream.read_i32_le().await?;
    let mut dict = vec![0; usize::try_from(len)?];
    stream.read_exact(&mut dict).await?;
    Ok(String::from_utf8(dict)?)
}

/// Clients that stay.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    idle: Vec<TcpStream>,
    slow: Vec<JoinHandle<anyhow::Result<()>>>,
}

impl Crowd {
    pub(crate) async fn idle(server: SocketAddr, count: usize) -> anyhow::Result<Self> {
        let mut crowd = Self::default();
        for _ in 0..count {
            crowd.idle.push(TcpStream::connect(server).await?);
        }
        // Served: it has an answer. From then on it is idle.
        for stream in &mut crowd.idle {
            stream.write_all(b"x").await?;
            ensure!(stream.read_u8().await? == b'X', "a message is not answered");
        }
        Ok(crowd)
    }

    /// Each has much to read, and reads a little now and then.
    pub(crate) async fn slow(server: SocketAddr, kind: Kind, count: usize) -> anyhow::Result<Self> {
        let mut crowd = Self::default();
        for _ in 0..count {
            let socket = TcpSocket::new_v4()?;
            // A window that is soon full.
            socket.set_recv_buffer_size(4096)?;
            let stream = socket.connect(server).await?;
            crowd.slow.push(tokio::spawn(read_slowly(stream, kind)));
        }
        Ok(crowd)
    }

    pub(crate) fn len(&self) -> usize {
        self.idle.len() + self.slow.len()
    }

    /// Whether no client was closed.
    pub(crate) fn all_are_there(&self) -> anyhow::Result<()> {
        for stream in &self.idle {
            match stream.try_read(&mut [0]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                heard => bail!("an idle connection hears {heard:?}"),
            }
        }
        let gone = self.slow.iter().filter(|task| task.is_finished()).count();
        ensure!(gone == 0, "{gone} have been sent away");
        Ok(())
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.slow.iter().for_each(JoinHandle::abort);
    }
}

/// Returns only an error.
async fn read_slowly(mut stream: TcpStream, kind: Kind) -> anyhow::Result<()> {
    if kind == Kind::File {
        read_head(&mut stream).await?;
    }
    let (mut reading, mut writing) = stream.split();
    let send = async {
        if kind == Kind::Upper {
            writing.write_all(&vec![b'x'; UNREAD_BYTES]).await?;
        }
        std::future::pending::<anyhow::Result<()>>().await
    };
    let read = async {
        let mut buffer = [0; SLOW_BYTES];
        let mut at = 0;
        loop {
            let read = reading.read(&mut buffer).await.context("a slow reader")?;
            if read == 0 {
                bail!("a slow reader is closed after {at} bytes");
            }
            match kind {
                Kind::Upper => {
                    ensure!(buffer.split_at(read).0.iter().all(|byte| *byte == b'X'), "not X")
                }
                Kind::File => check(buffer.split_at(read).0, at)?,
            }
            at += read;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! { ended = send => ended, ended = read => ended }
}
