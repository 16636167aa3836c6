"""Answer each datagram with its first 1024 bytes in upper case.

The tutorial's server; python-ref/README.md names its source.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literal = literals.parse_args()

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((literal.host, literal.port))

while True:
    data, client_addr = server.recvfrom(1024)
    print('===>', data, client_addr)
    server.sendto(data.upper(), client_addr)
