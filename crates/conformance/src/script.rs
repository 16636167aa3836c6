//! The harness as a client: sends what no typed line can say, and reads each answer to its end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::case::Transport;
use crate::catalogue::Exchange;

/// Play all exchanges against `address`, as far as the other side lets it. What came back is the
/// recorder's to say; an exchange that breaks off is simply the last.
pub async fn play(transport: Transport, address: SocketAddr, exchanges: Vec<Exchange>) {
    let _ = match transport {
        Transport::Tcp4 => play_stream(address, &exchanges).await,
        Transport::Udp4 => play_datagrams(address, &exchanges).await,
    };
}

async fn play_stream(address: SocketAddr, exchanges: &[Exchange]) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    for exchange in exchanges {
        stream.write_all(&exchange.send).await?;
        if let Some(len) = exchange.answer_bytes {
            stream.read_exact(&mut vec![0; len]).await?;
        } else {
            stream.read_to_end(&mut Vec::new()).await?;
        }
    }
    stream.shutdown().await
}

async fn play_datagrams(address: SocketAddr, exchanges: &[Exchange]) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    socket.connect(address).await?;
    let mut answer = vec![0; 64 << 10];
    for exchange in exchanges {
        socket.send(&exchange.send).await?;
        socket.recv(&mut answer).await?;
    }
    Ok(())
}
