"""Take a packed length and the message, print the message; one client.

The tutorial describes this server in words; python-ref/README.md names its source. One recv for
the length and one for the message, whatever arrives.
"""
import argparse
import socket
import struct

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8898)
literal = literals.parse_args()

sk = socket.socket()
sk.bind((literal.host, literal.port))
sk.listen()
conn, addr = sk.accept()
head = conn.recv(4)
length = struct.unpack('i', head)[0]
msg = conn.recv(length)
print(msg)
conn.close()
sk.close()
