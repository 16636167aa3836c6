//! The clients of the measured servers, the same for all contenders. One reads a file and drops it, many
//! fetch a small file again and again, many send a message and wait for its echo. They check what they
//! receive, as far as that costs almost nothing.
//!
//! They use half of the processors. Each is a thread with its own runtime, so no task ever moves between
//! them.

use std::fs::File;
use std::future::Future;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::rivals::COPY_BYTES;
use crate::stats::float;

/// The block size of iperf3's receiver.
const SINK_BYTES: usize = 128 << 10;
/// How long a server may make all clients wait.
const PATIENCE: Duration = Duration::from_secs(20);
/// The message to echo: a short line, as a person types.
const MESSAGE: &[u8; 32] = b"the quick brown fox jumps over 2";

/// The result of a turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub(crate) count: f64,
    /// Per second.
    pub(crate) rate: f64,
}

/// Set when a turn is over.
type Stop = Arc<AtomicBool>;

/// Reads one file of `size` bytes and drops it; seconds from the connect to the last byte.
pub(crate) fn receive_and_drop(server: SocketAddr, size: u64) -> anyhow::Result<f64> {
    receive(server, size, SINK_BYTES, |_| Ok(()))
}

/// Reads one file of `size` bytes and writes it to a new one through a buffer, which splice(2) avoids.
/// Seconds from the connect to the last byte.
pub(crate) fn receive_and_write(server: SocketAddr, size: u64, to: &Path) -> anyhow::Result<f64> {
    let mut file = File::create_new(to)?;
    receive(server, size, COPY_BYTES, |part| file.write_all(part))
}

fn receive(
    server: SocketAddr,
    size: u64,
    buffer_len: usize,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> anyhow::Result<f64> {
    let start = Instant::now();
    let mut stream = std::net::TcpStream::connect(server).context("cannot connect")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut header = [0; 4];
    stream.read_exact(&mut header).context("expected a header")?;
    let mut dict = vec![0; usize::try_from(i32::from_le_bytes(header))?];
    stream.read_exact(&mut dict).context("expected a dict")?;
    let dict: serde_json::Value = serde_json::from_slice(&dict)?;
    let announced = dict.get("file_size").and_then(serde_json::Value::as_u64);
    ensure!(announced == Some(size), "expected file_size {size}, found {announced:?}");
    let mut buffer = vec![0; buffer_len];
    let mut left = size;
    while left > 0 {
        let read = stream.read(&mut buffer)?;
        ensure!(read > 0, "the stream ended {left} bytes early");
        let Some(rest) = left.checked_sub(read as u64) else { bail!("more bytes than announced") };
        left = rest;
        take(buffer.split_at(read).0)?;
    }
    let seconds = start.elapsed().as_secs_f64();
    ensure!(stream.read(&mut buffer)? == 0, "more bytes than announced");
    Ok(seconds)
}

/// Fetches a stream of `expected` bytes again and again, by `workers` at once: connect, read to its end,
/// close.
pub(crate) fn fetch(
    server: SocketAddr,
    expected: usize,
    workers: usize,
    turn: Duration,
) -> anyhow::Result<Counted> {
    spread(workers, turn, async || Ok(()), move |(), stop| fetch_until(server, expected, stop))
}

async fn fetch_until(server: SocketAddr, expected: usize, stop: Stop) -> anyhow::Result<u64> {
    let mut buffer = vec![0; 4096];
    let mut fetched = 0;
    while !stop.load(Ordering::Relaxed) {
        let mut stream = TcpStream::connect(server).await.context("cannot connect")?;
        let mut len = 0;
        loop {
            match stream.read(&mut buffer).await? {
                0 => break,
                read => len += read,
            }
        }
        ensure!(len == expected, "expected {expected} bytes, found {len}");
        fetched += 1;
    }
    Ok(fetched)
}

/// Echoes messages over this many `connections`. Each sends its next message when the last one has come
/// back.
pub(crate) fn ping_pong(
    server: SocketAddr,
    connections: usize,
    turn: Duration,
) -> anyhow::Result<Counted> {
    let connect = async move || {
        let mut stream = TcpStream::connect(server).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        // One echo first, so that both ends are ready when the clock starts.
        exchange(&mut stream).await?;
        Ok(stream)
    };
    spread(connections, turn, connect, exchange_until)
}

async fn exchange_until(mut stream: TcpStream, stop: Stop) -> anyhow::Result<u64> {
    let mut exchanged = 0;
    while !stop.load(Ordering::Relaxed) {
        exchange(&mut stream).await?;
        exchanged += 1;
    }
    Ok(exchanged)
}

async fn exchange(stream: &mut TcpStream) -> anyhow::Result<()> {
    stream.write_all(MESSAGE).await?;
    let mut answer = [0; MESSAGE.len()];
    stream.read_exact(&mut answer).await.context("expected an answer")?;
    ensure!(answer == MESSAGE.to_ascii_uppercase().as_slice(), "expected it in upper case");
    Ok(())
}

/// Sets up `tasks` tasks, lets all of them work for a `turn`, and returns what they count.
fn spread<S, P, W, F>(tasks: usize, turn: Duration, prepare: P, work: W) -> anyhow::Result<Counted>
where
    P: AsyncFn() -> anyhow::Result<S> + Sync,
    W: Fn(S, Stop) -> F + Sync,
    F: Future<Output = anyhow::Result<u64>> + Send + 'static,
{
    let threads = (crate::machine::cores() / 2).clamp(1, tasks);
    let all_ready = Barrier::new(threads);
    std::thread::scope(|scope| {
        let share = |index| tasks / threads + usize::from(index < tasks % threads);
        let runs: Vec<_> = (0..threads)
            .map(|index| {
                let (all_ready, prepare, work) = (&all_ready, &prepare, &work);
                scope.spawn(move || one_thread(share(index), turn, all_ready, prepare, work))
            })
            .collect();
        let mut all = Counted { count: 0.0, rate: 0.0 };
        for run in runs {
            let Ok(counted) = run.join() else { bail!("a thread of the load panicked") };
            let counted = counted?;
            all.count += counted.count;
            all.rate += counted.rate;
        }
        Ok(all)
    })
}

fn one_thread<S, P, W, F>(
    tasks: usize,
    turn: Duration,
    all_ready: &Barrier,
    prepare: &P,
    work: &W,
) -> anyhow::Result<Counted>
where
    P: AsyncFn() -> anyhow::Result<S>,
    W: Fn(S, Stop) -> F,
    F: Future<Output = anyhow::Result<u64>> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let prepared: anyhow::Result<Vec<S>> = runtime.block_on(async {
        let mut prepared = Vec::with_capacity(tasks);
        for _ in 0..tasks {
            prepared.push(in_time(PATIENCE, prepare()).await?);
        }
        Ok(prepared)
    });
    // A task that fails meets the others, too: they wait for all.
    all_ready.wait();
    let prepared = prepared?;
    runtime.block_on(async {
        let stop = Arc::new(AtomicBool::new(false));
        let start = Instant::now();
        let mut running = JoinSet::new();
        for state in prepared {
            running.spawn(work(state, stop.clone()));
        }
        tokio::time::sleep(turn).await;
        stop.store(true, Ordering::Relaxed);
        let mut count = 0;
        let all = async {
            while let Some(counted) = running.join_next().await {
                count += counted??;
            }
            Ok(())
        };
        in_time(PATIENCE, all).await?;
        let count = float(count);
        Ok(Counted { count, rate: count / start.elapsed().as_secs_f64() })
    })
}

async fn in_time<T>(
    patience: Duration,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::time::timeout(patience, work).await.context("the server keeps everybody waiting")?
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    /// A server that sends the same bytes to each of its clients.
    fn serving(bytes: Vec<u8>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let _ = stream.write_all(&bytes);
            }
        });
        address
    }

    fn frame(announced: u64, body: &[u8]) -> Vec<u8> {
        let dict = format!("{{\"file_size\": {announced}}}").into_bytes();
        let header = u32::try_from(dict.len()).unwrap().to_le_bytes();
        [header.as_slice(), &dict, body].concat()
    }

    #[test]
    fn a_file_that_comes_whole_takes_some_time() {
        assert!(receive_and_drop(serving(frame(3, b"abc")), 3).unwrap() > 0.0);
    }

    #[test]
    fn a_file_too_short_too_long_or_of_another_size_is_no_measurement() {
        assert!(receive_and_drop(serving(frame(3, b"ab")), 3).is_err());
        assert!(receive_and_drop(serving(frame(3, b"abcd")), 3).is_err());
        assert!(receive_and_drop(serving(frame(4, b"abcd")), 3).is_err());
    }

    #[test]
    fn fetches_are_counted_and_their_length_is_checked() {
        let (server, turn) = (serving(b"abc".to_vec()), Duration::from_millis(20));
        assert!(fetch(server, 3, 2, turn).unwrap().count > 0.0);
        assert!(fetch(server, 4, 2, turn).is_err());
    }

    #[test]
    fn an_answer_that_is_not_upper_case_is_no_measurement() {
        let server = serving(MESSAGE.to_vec());
        assert!(ping_pong(server, 1, Duration::from_millis(20)).is_err());
    }
}
