"""Connect, and end.

The tutorial's client; python-ref/README.md names its source.
"""
import argparse
import socket
from socket import AF_INET

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8000)
literal = literals.parse_args()

client = socket.socket(family=AF_INET, type=socket.SOCK_STREAM)
client.connect((literal.host, literal.port))
