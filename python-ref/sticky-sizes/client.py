"""Send two small messages at once, then one longer than a recv(1024) and a last one.

The tutorial describes this client in words; python-ref/README.md names its source. The small ones
may come as one; the rest of the long one may come with the last.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8898)
literals.add_argument('--first', default='hello')
literals.add_argument('--second', default='world')
literals.add_argument('--big', default='x' * 1500)
literals.add_argument('--last', default='bye')
literal = literals.parse_args()

sk = socket.socket()
sk.connect((literal.host, literal.port))
sk.send(literal.first.encode('utf-8'))
sk.send(literal.second.encode('utf-8'))
sk.send(literal.big.encode('utf-8'))
sk.send(literal.last.encode('utf-8'))
sk.close()
