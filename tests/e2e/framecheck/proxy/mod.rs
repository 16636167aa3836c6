//! `framecheck proxy`: two running programs, with the proxy between them.

mod capture;
mod datagrams;
mod ends;
mod many;
mod streams;
mod usage;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use framecheck_tests::{DEADLINE, Sandbox, program};
use rustix::process::{Pid, Signal, kill_process};

use super::audit::{REPLY, right, sandbox};

/// A running proxy; dropping it kills it.
struct Proxy {
    child: Child,
    /// Where clients connect.
    address: SocketAddr,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
}

impl Proxy {
    /// Starts one for parcels.toml of this sandbox, or for another file.
    fn start(sandbox: &Sandbox, to: SocketAddr, more: &[&str]) -> Self {
        let mut command = Command::new(program("framecheck"));
        command.current_dir(sandbox.path()).args(["proxy", "--to", &to.to_string()]);
        for (option, value) in [("--listen", "127.0.0.1:0"), ("--protocol", "parcels.toml")] {
            if !more.contains(&option) {
                command.args([option, value]);
            }
        }
        command.args(more).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let is_for_programs = more.contains(&"json");
        let said = if is_for_programs { next_line(&mut err) } else { next_line(&mut out) };
        let address = said.strip_prefix("listening on ").unwrap_or_else(|| panic!("{said:?}"));
        let address = address.parse().unwrap();
        Self { child, address, out, err }
    }

    fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// The next line that it prints.
    fn line(&mut self) -> String {
        next_line(&mut self.out)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Ends it by a signal; returns its status and the rest of its output.
    fn stop(self) -> (i32, String) {
        kill_process(self.pid(), Signal::TERM).unwrap();
        self.wait()
    }

    /// Waits until it ends.
    fn wait(mut self) -> (i32, String) {
        let mut said = String::new();
        self.out.read_to_string(&mut said).unwrap();
        self.err.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code().unwrap(), said)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn next_line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// A server that a test plays.
fn server() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn connect(address: SocketAddr) -> TcpStream {
    timed(TcpStream::connect(address).unwrap())
}

fn accept(listener: &TcpListener) -> TcpStream {
    timed(listener.accept().unwrap().0)
}

/// No read or write of it takes longer than a test may take.
fn timed(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends bytes and sees them arrive at the other end.
#[track_caller]
fn carry(mut from: &TcpStream, mut to: &TcpStream, bytes: &[u8]) {
    from.write_all(bytes).unwrap();
    let mut came = vec![0; bytes.len()];
    to.read_exact(&mut came).unwrap();
    assert_eq!(came, bytes);
}

/// Nothing more comes.
#[track_caller]
fn is_at_end(mut stream: &TcpStream) {
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

/// One right exchange, to its end.
fn exchange(proxy: &Proxy, listener: &TcpListener) {
    let (client, server) = (proxy.connect(), accept(listener));
    carry(&client, &server, &right());
    carry(&server, &client, REPLY);
    drop(client);
    is_at_end(&server);
}
