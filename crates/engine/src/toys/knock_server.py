"""Answers each datagram."""

import socket
import sys

server = socket.socket(type=socket.SOCK_DGRAM)
server.bind((sys.argv[1], int(sys.argv[2])))
while True:
    knock, client = server.recvfrom(1024)
    server.sendto(b"who is " + knock, client)
