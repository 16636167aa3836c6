//! A server and many clients that exchange the frames of examples/getput as fast as they can: a load for a
//! relay between them. docs/proxy/measure.py uses it.
//!
//! Usage: relay_load serve, or relay_load ask ADDRESS CONNECTIONS SECONDS BODY_BYTES [wrong]
//!
//! The clients connect first. Then each sends a request, waits for its answer, and repeats. With `wrong`, one
//! client sends one request whose size is text. Prints the requests per second.

use std::env::args;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const ANSWER: &[u8] = b"{\"ok\": true, \"size\": 3}";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        ["serve"] => serve().await?,
        ["ask", server, connections, seconds, body, ref more @ ..] => {
            let seconds = Duration::from_secs_f64(seconds.parse()?);
            let is_wrong = more == ["wrong"];
            let plan = Plan { server: server.parse()?, body: body.parse()?, is_wrong };
            let rate = ask_all(plan, connections.parse()?, seconds).await?;
            println!("{rate:.0}");
        }
        _ => return Err("expected serve, or ask ADDRESS CONNECTIONS SECONDS BODY_BYTES".into()),
    }
    Ok(())
}

async fn serve() -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let listener = socket.listen(4096)?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (client, _) = listener.accept().await?;
        tokio::spawn(answer_all(client));
    }
}

async fn answer_all(client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (reader, mut writer) = client.into_split();
    let mut reader = BufReader::new(reader);
    let answer = frame(ANSWER, b"abc");
    let mut head = Vec::new();
    loop {
        let length = match reader.read_u32_le().await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            length => length?,
        };
        head.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
        reader.read_exact(&mut head).await?;
        let head = String::from_utf8_lossy(&head);
        let (_, size) = head.rsplit_once(": ").ok_or(io::ErrorKind::InvalidData)?;
        let size = size.trim_matches(['"', '}']).parse().map_err(io::Error::other)?;
        tokio::io::copy(&mut (&mut reader).take(size), &mut tokio::io::sink()).await?;
        writer.write_all(&answer).await?;
    }
}

#[derive(Debug, Clone, Copy)]
struct Plan {
    server: SocketAddr,
    body: usize,
    is_wrong: bool,
}

async fn ask_all(
    plan: Plan,
    connections: usize,
    time: Duration,
) -> Result<f64, Box<dyn Error + Send + Sync>> {
    let (stop, ready) = (Arc::new(AtomicBool::new(false)), Arc::new(Barrier::new(connections + 1)));
    let mut running = JoinSet::new();
    for number in 0..connections {
        let (stop, ready) = (stop.clone(), ready.clone());
        let is_wrong = plan.is_wrong && number == connections / 2;
        running.spawn(async move {
            let asked = ask(Plan { is_wrong, ..plan }, number, &ready, &stop).await;
            asked.map_err(|error| format!("client {number}: {error}"))
        });
    }
    ready.wait().await;
    let began = Instant::now();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut count = 0;
    while let Some(asked) = running.join_next().await {
        count += asked??;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

/// How many requests of one client were answered.
async fn ask(plan: Plan, number: usize, ready: &Barrier, stop: &AtomicBool) -> io::Result<u32> {
    let mut server = TcpStream::connect(plan.server).await?;
    server.set_nodelay(true)?;
    let (name, size, body) = (number + 1000, plan.body, vec![b'x'; plan.body]);
    let head = |quote| {
        format!("{{\"op\": \"put\", \"name\": \"file-{name}\", \"size\": {quote}{size}{quote}}}")
    };
    let request = frame(head("").as_bytes(), &body);
    let wrong = frame(head("\"").as_bytes(), &body);
    let mut answer = vec![0; 4 + ANSWER.len() + 3];
    // One exchange before the clock starts, so that both ends are up.
    server.write_all(&request).await?;
    server.read_exact(&mut answer).await?;
    ready.wait().await;
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        let is_wrong = plan.is_wrong && count == 10;
        server.write_all(if is_wrong { &wrong } else { &request }).await?;
        server.read_exact(&mut answer).await?;
        count += 1;
    }
    Ok(count)
}

/// A frame of getput: a length, a dict of that length, and a body.
fn frame(head: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], head, body].concat()
}
