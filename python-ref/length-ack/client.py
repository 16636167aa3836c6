"""Send a message's length as text, wait for ok, send the message.

The tutorial describes this client in words; python-ref/README.md names its source. Whatever one
recv(1024) returns is taken for the ok, the end of the stream too.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8898)
literals.add_argument('--message', default='hello!')
literal = literals.parse_args()

msg = literal.message.encode('utf-8')
sk = socket.socket()
sk.connect((literal.host, literal.port))
sk.send(str(len(msg)).encode('utf-8'))
sk.recv(1024)
sk.send(msg)
sk.close()
