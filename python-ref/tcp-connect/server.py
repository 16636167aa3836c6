"""Listen, say so, and end: nobody is ever accepted.

The tutorial's server, as far as its sections have it by then; python-ref/README.md names its
source. Who connects while it lasts waits in a queue that ends with it.
"""
import argparse
import socket
from socket import AF_INET

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8000)
literal = literals.parse_args()

server = socket.socket(family=AF_INET, type=socket.SOCK_STREAM)
server.bind((literal.host, literal.port))
server.listen(3)
print(123)
