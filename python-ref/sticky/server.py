"""Print three times what recv(5) returns; one client.

The tutorial's server; python-ref/README.md names its source. Where the stream is cut is the
kernel's to say; what is not read is lost, and the sockets are left for the interpreter's exit to
close.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literal = literals.parse_args()

server = socket.socket()
server.bind((literal.host, literal.port))
server.listen(5)
conn, addr = server.accept()
part1 = conn.recv(5)
print(part1)
part2 = conn.recv(5)
print(part2)
part3 = conn.recv(5)
print(part3)
