"""Send three messages one after another, with nothing to tell them apart.

The tutorial's client; python-ref/README.md names its source. The socket is left for the
interpreter's exit to close.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literals.add_argument('--first', default='1234567')
literals.add_argument('--second', default='abcde')
literals.add_argument('--third', default='hhhhh')
literal = literals.parse_args()

client = socket.socket()
client.connect((literal.host, literal.port))
client.send(literal.first.encode('utf-8'))
client.send(literal.second.encode('utf-8'))
client.send(literal.third.encode('utf-8'))
