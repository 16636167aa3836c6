"""Send one line as a datagram and show it, and the first 1024 bytes of the answer.

The tutorial has no such client: this is line-upper's over datagrams; python-ref/README.md tells
what was chosen. It waits for an answer for ever.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=9999)
literals.add_argument('--message', default='hello', help='the line, without its newline')
literal = literals.parse_args()

data = literal.message

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.sendto(bytes(data + '\n', 'utf-8'), (literal.host, literal.port))
    received = str(sock.recv(1024), 'utf-8')

print(f'Sent:     {data}')
print(f'Received: {received}')
