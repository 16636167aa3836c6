//! A Python program with an address in its source sees no difference when the launcher redirects it.

#![allow(clippy::unwrap_used, reason = "a test panics when something is wrong")]

mod common;

use std::net::{SocketAddr, TcpListener};

use common::{Ended, Programs, finished, pythons, spawner};
use engine::peer::{Command, OwnAddress, Peer, Spawner, User};

/// The port in the source of each program.
const OWN: &str = "19001";

/// Each prints all that it sees of its addresses, which are port `19001` on several hosts.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "streams, by every name of this machine",
        "import socket, threading\n\
         for host in '', '0.0.0.0', '127.0.0.1', 'localhost', b'127.0.0.1':\n\
         \x20   with socket.socket() as s:\n\
         \x20       s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n\
         \x20       s.bind((host, 19001)); s.listen()\n\
         \x20       print(s.getsockname(), s)\n\
         \x20       for to in '127.0.0.1', 'localhost', '':\n\
         \x20           c = socket.socket(); assert c.connect_ex((to, 19001)) == 0\n\
         \x20           t, _ = s.accept(); c.sendall(b'x')\n\
         \x20           print(c.getpeername(), t.getsockname(), t.recv(9))\n\
         \x20           c.close(); t.close()\n",
    ),
    (
        "create_server and create_connection",
        "import socket\n\
         with socket.create_server(('127.0.0.1', 19001)) as s:\n\
         \x20   with socket.create_connection(('127.0.0.1', 19001), 5) as c:\n\
         \x20       print(s.getsockname(), c.getpeername(), s.accept()[0].getsockname())\n\
         try: socket.create_server(('127.0.0.1', 'x'))\n\
         except TypeError as error: print(error)\n",
    ),
    (
        "datagrams",
        "import socket\n\
         s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 19001))\n\
         c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
         c.sendto(b'a', ('127.0.0.1', 19001)); d, who = s.recvfrom(9); s.sendto(d, 0, who)\n\
         print(s.getsockname(), d, c.recvfrom(9))\n\
          c.sendmsg([b'b'], [], 0, ('localhost', 19001))\n\
         d, _, _, who = s.recvmsg(9); s.sendmsg([d], [], 0, who)\n\
         b = bytearray(9); print(c.recvfrom_into(b))\n\
         c.connect(('127.0.0.1', 19001)); c.send(b'c'); print(s.recv(9), c.getpeername())\n\
         try: c.sendto(b'')\n\
         except TypeError: print('TypeError')\n",
    ),
    (
        "socketserver",
        "import socket, socketserver, threading\n\
         class H(socketserver.StreamRequestHandler):\n\
         \x20   def handle(self): self.wfile.write(repr(self.request.getsockname()).encode())\n\
         with socketserver.TCPServer(('127.0.0.1', 19001), H) as s:\n\
         \x20   threading.Thread(target=s.handle_request).start()\n\
         \x20   c = socket.create_connection(('127.0.0.1', 19001))\n\
         \x20   print(s.server_address, c.makefile().read())\n",
    ),
    (
        "asyncio",
        "import asyncio\n\
         async def serve(r, w): w.write(repr(w.get_extra_info('sockname')).encode()); w.close()\n\
         async def main():\n\
         \x20   s = await asyncio.start_server(serve, '127.0.0.1', 19001)\n\
         \x20   r, w = await asyncio.open_connection('127.0.0.1', 19001)\n\
         \x20   print(s.sockets[0].getsockname(), w.get_extra_info('peername'), await r.read())\n\
         \x20   w.close(); s.close()\n\
         asyncio.run(main())\n",
    ),
    (
        "IPv6, alone and with IPv4",
        "import socket\n\
         for host, only in ('::', 0), ('::1', 0), ('::1', 1), ('::', 1):\n\
         \x20   with socket.socket(socket.AF_INET6) as s:\n\
         \x20       s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n\
         \x20       s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)\n\
         \x20       s.bind((host, 19001, 0, 0)); s.listen(); print(s.getsockname())\n",
    ),
    (
        "other addresses",
        "import socket\n\
         with socket.create_server(('127.0.0.1', 0)) as s, socket.create_server(('127.0.0.2', 0)) as t:\n\
         \x20   with socket.create_connection(s.getsockname()) as c:\n\
         \x20       print(c.getpeername() == s.getsockname(), t.getsockname()[0])\n\
         one, other = socket.socketpair(); one.sendall(b'x')\n\
         print(other.recv(1), repr(one.getsockname()))\n",
    ),
    (
        "a connection that is refused",
        "import socket\n\
         def open(): return socket.create_connection(('127.0.0.1', 19001))\n\
         open()\n",
    ),
    ("an error of its own", "import nothing.there\n"),
    (
        "an exit",
        "import sys\nprint(sys.argv[1:], __name__, sys.path[0] == __file__[:-8])\nsys.exit('done')\n",
    ),
];

async fn run(spawner: &Spawner, program: &Programs, address: OwnAddress) -> Ended {
    let base = program.directory().to_owned();
    let main = base.join("main.py").to_string_lossy().into_owned();
    let argv = ["python3", &main, "a"].map(str::to_owned).to_vec();
    let directory = base.join("cwd");
    let env = Vec::new();
    let command = Command { argv, env, directory, is_stranger: true, is_fresh: false, address };
    let peer = Peer { warm: true, is_stranger: true, base, ..Peer::default() };
    let user = User { lines: Vec::new(), terminal: None };
    finished(spawner.start(&peer, &command, &user).unwrap()).await
}

/// A port of both families that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirected_program_sees_its_own_address_everywhere() {
    for python in pythons() {
        let (warm, fresh) = (spawner(&python, false), spawner(&python, true));
        for (what, text) in PROGRAMS {
            let redirected = Programs::with(&[("main.py", text)]);
            let told = || OwnAddress::Redirected("127.0.0.1:19001".parse().unwrap(), free());
            let forked = run(&warm, &redirected, told()).await;
            let alone = run(&fresh, &redirected, told()).await;
            // If the address is free, nothing needs to be redirected.
            let port = free().port().to_string();
            let plain = Programs::with(&[("main.py", &text.replace(OWN, &port))]);
            let (exit, stdout, stderr) = run(&warm, &plain, OwnAddress::Told).await;
            let path = |of: &Programs| of.directory().to_string_lossy().into_owned();
            let same =
                |text: String| text.replace(&port, OWN).replace(&path(&plain), &path(&redirected));
            let expected = (exit, same(stdout), same(stderr));
            assert_eq!(forked, expected, "{what}, forked, under {}", python.display());
            assert_eq!(alone, expected, "{what}, fresh, under {}", python.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirected_program_finds_what_lies_beside_it() {
    let text = "import json, socket\ns = socket.create_server(('', 19001))\nprint(json.NAME, s.getsockname())\n";
    let program = Programs::with(&[("main.py", text), ("json.py", "NAME = 'ours'\n")]);
    for python in pythons() {
        for fresh in [false, true] {
            let to = OwnAddress::Redirected("127.0.0.1:19001".parse().unwrap(), free());
            let (_, stdout, stderr) = run(&spawner(&python, fresh), &program, to).await;
            assert_eq!((&*stdout, &*stderr), ("ours ('0.0.0.0', 19001)\n", ""));
        }
    }
}

// Without the launcher, nothing notes.
#[cfg(all(target_os = "linux", not(feature = "portable")))]
#[tokio::test(flavor = "multi_thread")]
async fn the_notes_of_a_redirected_program_have_its_own_address() {
    let text = "import socket\n\
                with socket.create_server(('127.0.0.1', 19001)) as s:\n\
                \x20   c = socket.create_connection(('127.0.0.1', 19001)); c.sendall(b'abc')\n\
                \x20   print(c.getpeername(), s.accept()[0].recv(9))\nnothing\n";
    let program = Programs::with(&[("main.py", text)]);
    for python in pythons() {
        let to = || OwnAddress::Redirected("127.0.0.1:19001".parse().unwrap(), free());
        let plain = run(&spawner(&python, false), &program, to()).await;
        let directory = tempfile::tempdir().unwrap();
        let noting = spawner(&python, false).with_notes(directory.path().to_owned());
        assert_eq!(run(&noting, &program, to()).await, plain, "{}", python.display());
        let notes = std::fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap();
        let notes = std::fs::read_to_string(notes.path()).unwrap();
        let own = |line: &&str| line.contains("[\"127.0.0.1\", \"19001\"]");
        assert_eq!(notes.lines().filter(own).count(), 2, "{notes}");
        assert!(notes.contains("\"got\": 3") && notes.contains("\"sent\": 3"), "{notes}");
    }
}
