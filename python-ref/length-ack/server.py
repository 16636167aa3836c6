"""Take a length as text, answer ok, take the message and print it; one client.

The tutorial describes this server in words; python-ref/README.md names its source. Whatever one
recv(1024) returns is the length; an end of the stream before the message is whole is never
noticed, and what comes beyond it in the last recv(1024) is taken for a part of it.
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
length = int(conn.recv(1024).decode('utf-8'))
conn.send(b'ok')
msg = b''
while len(msg) < length:
    msg += conn.recv(1024)
print(msg)
conn.close()
sk.close()
