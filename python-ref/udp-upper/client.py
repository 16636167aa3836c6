"""Send each typed line, stripped, as one datagram and print the first 1024 bytes of the answer.

The tutorial's client; python-ref/README.md names its source. It waits for an answer for ever.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literal = literals.parse_args()

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

while True:
    msg = input('>>: ').strip()
    client.sendto(msg.encode('utf-8'), (literal.host, literal.port))
    data, server_addr = client.recvfrom(1024)
    print(data)
