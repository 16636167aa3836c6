"""Send each typed line and print what one recv(1024) returns.

The tutorial's client; python-ref/README.md names its source. An empty line sends nothing and then
waits for an answer to it; only the end of its input, or an error, ends it.
"""
import argparse
import socket
from socket import AF_INET

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8000)
literal = literals.parse_args()

client = socket.socket(family=AF_INET, type=socket.SOCK_STREAM)
client.connect((literal.host, literal.port))

while True:
    line = input('请输入你要发送给服务端的数据:')
    client.send(line.encode('utf-8'))
    data = client.recv(1024)
    print('服务端发来的消息:', data)
