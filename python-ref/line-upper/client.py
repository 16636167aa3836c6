"""Send one line and show it, and what one recv(1024) returns.

The tutorial's client; python-ref/README.md names its source. The end of the stream is an answer
to it.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=9999)
literals.add_argument('--message', default='hello', help='the line, without its newline')
literal = literals.parse_args()

data = literal.message

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
    sock.connect((literal.host, literal.port))
    sock.sendall(bytes(data + '\n', 'utf-8'))
    received = str(sock.recv(1024), 'utf-8')

print(f'Sent:     {data}')
print(f'Received: {received}')
