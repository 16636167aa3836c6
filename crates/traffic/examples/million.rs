//! Measures time and memory for a capture of a million packets, which is generated while it is read:
//! `cargo run --release --example million`.
//!
//! It has a thousand parallel connections, each with a hundred packets of 1,000 bytes. Two
//! packets in sixteen are swapped, and the bytes of one in a hundred are missing.

use std::error::Error;
use std::io::{self, Read};
use std::time::Instant;

use etherparse::{PacketBuilder, TcpHeader};
use traffic::{Options, Traffic, What};

const PACKETS: u32 = 1_000_000;
const AT_ONCE: u32 = 1000;
const EACH: u32 = 100;
const LENGTH: u32 = 1000;
const PAYLOAD: [u8; 1000] = [b'x'; 1000];

/// The capture.
struct Made {
    nth: u32,
    ready: Vec<u8>,
    given: usize,
}

impl Made {
    fn new() -> Self {
        let mut ready = 0xA1B2_C3D4_u32.to_le_bytes().to_vec();
        ready.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0]);
        Self { nth: 0, ready, given: 0 }
    }

    /// The next packet: a SYN, then alternating segments of the client and the server.
    fn packet(&self) -> Vec<u8> {
        let (client, step) = (self.nth % AT_ONCE, self.nth / AT_ONCE);
        let (generation, step) = (step / EACH, step % EACH);
        let [.., high, low] = (client + generation * AT_ONCE).to_be_bytes();
        let port = u16::from_be_bytes([high, low]);
        let is_up = step == 0 || step % 2 == 1;
        let (ports, hosts) = if is_up { ((port, 9000), (1, 2)) } else { ((9000, port), (2, 1)) };
        // The client's third and fourth segment of eight are swapped.
        let swapped = u32::from(step % 16 == 5).wrapping_sub((step % 16 == 7).into());
        let segment = (step.saturating_sub(1) / 2).wrapping_add(swapped);
        let mut header = TcpHeader::new(ports.0, ports.1, 1 + segment * LENGTH, 1000);
        if step == 0 {
            header.sequence_number = 0;
            header.syn = true;
        } else {
            // The server has everything that came before, so not the late segment.
            let heard = segment + u32::from(!is_up && step % 16 != 6);
            header.ack = true;
            header.acknowledgment_number = 1 + heard * LENGTH;
        }
        let is_missing = step == 0 || self.nth % 101 == 100;
        header.fin = step >= EACH - 2 && !is_missing;
        let ip = PacketBuilder::ipv4([10, 0, 0, hosts.0], [10, 0, 0, hosts.1], 64);
        let mut packet = Vec::with_capacity(1100);
        // The data fit, and writing to memory can't fail.
        let _ = ip.tcp_header(header).write(&mut packet, if is_missing { &[] } else { &PAYLOAD });
        packet
    }
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() && self.nth < PACKETS {
            let packet = self.packet();
            let length = u32::try_from(packet.len()).map_err(io::Error::other)?.to_le_bytes();
            self.ready.clear();
            self.ready.extend(self.nth.to_le_bytes());
            self.ready.extend([0; 4]);
            self.ready.extend([length, length].concat());
            self.ready.extend(packet);
            (self.given, self.nth) = (0, self.nth + 1);
        }
        let count = self.ready.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let size = io::copy(&mut Made::new(), &mut io::sink())?;
    let making = start.elapsed();
    let start = Instant::now();
    let mut traffic = Traffic::new(Made::new(), Options::default())?;
    let (mut bytes, mut lost) = (0, 0);
    for event in traffic.by_ref() {
        match event?.what {
            What::Bytes { data, .. } => bytes += data.len(),
            What::Lost { count, .. } => lost += count.unwrap_or_default(),
            _ => {}
        }
    }
    let reading = start.elapsed().saturating_sub(making);
    println!("{size} bytes of capture, made in {making:.2?}");
    println!("read in {reading:.2?} more: {bytes} bytes of streams, {lost} lost");
    println!("{:?}", traffic.summary());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("{line}");
    }
    Ok(())
}
