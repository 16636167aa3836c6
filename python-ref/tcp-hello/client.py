"""Send one message and show what one recv(1024) returns.

The tutorial's client; python-ref/README.md names its source. The end of the stream is an answer
to it, and to a message of no bytes, which is never sent, it waits for one.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8898)
literals.add_argument('--message', default='hello!', help='what is sent, as UTF-8')
literal = literals.parse_args()

sk = socket.socket()
sk.connect((literal.host, literal.port))
sk.send(literal.message.encode('utf-8'))
ret = sk.recv(1024)
print(ret)
sk.close()
