"""Print what each recv(1024) returns until the stream ends; one client.

The tutorial describes this server in words; python-ref/README.md names its source.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8898)
literal = literals.parse_args()

sk = socket.socket()
sk.bind((literal.host, literal.port))
sk.listen()
conn, addr = sk.accept()
while True:
    ret = conn.recv(1024)
    if not ret:
        break
    print(ret)
conn.close()
sk.close()
