"""Take one message from one client, show it, and answer.

The tutorial's server; python-ref/README.md names its source. What a client sends beyond one
recv(1024) is still unread when the connection is closed, which resets it.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8898)
literals.add_argument('--answer', default='hi', help='what is sent, as UTF-8')
literal = literals.parse_args()

sk = socket.socket()
sk.bind((literal.host, literal.port))
sk.listen()
conn, addr = sk.accept()
ret = conn.recv(1024)
print(ret)
conn.send(literal.answer.encode('utf-8'))
conn.close()
sk.close()
