"""Take turns with one client until it leaves or anything goes wrong.

The tutorial's server; python-ref/README.md names its source. An empty reply becomes a fixed one.
Every error ends the talk without a word, and the end of its own input is one too.
"""
import argparse
import socket
from socket import SO_REUSEADDR, SOL_SOCKET

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literal = literals.parse_args()

server = socket.socket()
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
server.bind((literal.host, literal.port))
server.listen(5)

sock, addr = server.accept()

while True:
    try:
        data = sock.recv(1024)
        if len(data) == 0:
            break
        print('收到客户端消息>>' + data.decode('utf8'))
        msg = input('请回复消息>>>:').strip()
        if len(msg) == 0:
            msg = '太忙了 暂无消息'
        sock.send(msg.encode('utf8'))
    except Exception:
        break
