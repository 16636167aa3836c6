"""Take turns with one client: print its message, ask for a reply, send it.

The tutorial's server; python-ref/README.md names its source. It takes the end of the client's
stream for an empty message, asks for a reply to it and sends that to nobody; only the end of its
own input, or an error, ends it. An empty reply sends nothing, and then both sides wait.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literal = literals.parse_args()

server = socket.socket()
server.bind((literal.host, literal.port))
server.listen(5)

sock, addr = server.accept()

while True:
    data = sock.recv(1024)
    print(data.decode('utf8'))
    msg = input('请回复消息>>>:').strip()
    sock.send(msg.encode('utf8'))
