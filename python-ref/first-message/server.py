"""Show who connects and what it says, and answer.

The tutorial's server; python-ref/README.md names its source. A message that is not UTF-8, or is
not any more because one recv(1024) cut it, ends the program before it has answered.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literals.add_argument('--answer', default='萨瓦迪卡客户端', help='what is sent')
literal = literals.parse_args()

server = socket.socket()
server.bind((literal.host, literal.port))
server.listen(5)
sock, addr = server.accept()
print(addr)
data = sock.recv(1024)
print('收到来自客户端的消息:' + data.decode('utf8'))
sock.send(literal.answer.encode('utf8'))
sock.close()
server.close()
