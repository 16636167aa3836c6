"""Sends each typed line as a datagram, and prints what is answered."""

import socket
import sys

client = socket.socket(type=socket.SOCK_DGRAM)
for typed in sys.stdin.buffer:
    client.sendto(typed.rstrip(b"\n"), (sys.argv[1], int(sys.argv[2])))
    print(client.recv(1024).decode())
