"""Answer each recv(1024) with its bytes in upper case.

The tutorial's server; python-ref/README.md names its source. The end of a client's stream is an
empty recv, which it answers with an empty send, again and again, until it is killed.
"""
import argparse
import socket
from socket import AF_INET

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8000)
literal = literals.parse_args()

server = socket.socket(family=AF_INET, type=socket.SOCK_STREAM)
server.bind((literal.host, literal.port))
server.listen(3)

while True:
    sock, addr = server.accept()
    while True:
        try:
            data = sock.recv(1024)
            print('接收客户端的数据:', data)
            sock.send(data.upper())
        except Exception as e:
            print(e)
            break
    sock.close()
