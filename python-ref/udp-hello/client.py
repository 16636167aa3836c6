"""Send one datagram and show the answer, decoded, and who sent it.

The tutorial's client; python-ref/README.md names its source. It waits for an answer for ever.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=9000)
literals.add_argument('--message', default='hello', help='what is sent, as UTF-8')
literal = literals.parse_args()

ip_port = (literal.host, literal.port)
udp_sk = socket.socket(type=socket.SOCK_DGRAM)
udp_sk.sendto(literal.message.encode('utf-8'), ip_port)
back_msg, addr = udp_sk.recvfrom(1024)
print(back_msg.decode('utf-8'), addr)
