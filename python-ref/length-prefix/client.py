"""Send a packed length and the message at once.

The tutorial describes this client in words; python-ref/README.md names its source.
"""
import argparse
import socket
import struct

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8898)
literals.add_argument('--message', default='hello!')
literal = literals.parse_args()

msg = literal.message.encode('utf-8')
sk = socket.socket()
sk.connect((literal.host, literal.port))
sk.send(struct.pack('i', len(msg)) + msg)
sk.close()
