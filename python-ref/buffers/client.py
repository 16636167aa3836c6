"""Show a socket's buffers; read a block to its end, then send what nobody reads.

The tutorial describes this client in words; python-ref/README.md names its source.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8898)
literals.add_argument('--message', default='hello!')
literal = literals.parse_args()

sk = socket.socket()
print('SO_SNDBUF', sk.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))
print('SO_RCVBUF', sk.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))

sk.connect((literal.host, literal.port))
sk.shutdown(socket.SHUT_WR)
size = 0
while True:
    ret = sk.recv(1024)
    if not ret:
        break
    size += len(ret)
print(size)
sk.close()

sk = socket.socket()
sk.connect((literal.host, literal.port))
sk.send(literal.message.encode('utf-8'))
try:
    print(sk.recv(1024))
except ConnectionResetError as e:
    print(e)
sk.close()
