"""Show a socket's buffers, and what closing does to each: two connections, one after another.

The tutorial describes this server in words; python-ref/README.md names its source. It looks into a
connection's input buffer and leaves it as it is. If there is nothing it writes a block and closes
at once: what is still in the output buffer arrives. If there is something it closes: that is lost,
and the client sees a reset.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8898)
literals.add_argument('--size', type=int, default=100000, help='the block, in bytes')
literal = literals.parse_args()

sk = socket.socket()
print('SO_SNDBUF', sk.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))
print('SO_RCVBUF', sk.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
sk.bind((literal.host, literal.port))
sk.listen()

for _ in range(2):
    conn, addr = sk.accept()
    unread = conn.recv(1024, socket.MSG_PEEK)
    print(unread)
    if not unread:
        conn.sendall(b'x' * literal.size)
    conn.close()
sk.close()
