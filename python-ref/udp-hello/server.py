"""Take one datagram, show it, and answer.

The tutorial's server; python-ref/README.md names its source.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=9000)
literals.add_argument('--answer', default='hi', help='what is sent, as UTF-8')
literal = literals.parse_args()

udp_sk = socket.socket(type=socket.SOCK_DGRAM)
udp_sk.bind((literal.host, literal.port))
msg, addr = udp_sk.recvfrom(1024)
print(msg)
udp_sk.sendto(literal.answer.encode('utf-8'), addr)
udp_sk.close()
