"""Take turns with the server, with no empty messages.

The tutorial's client; python-ref/README.md names its source. A server that has gone is taken for
one that replies with nothing, again and again, until the client's own input ends.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literal = literals.parse_args()

client = socket.socket()
client.connect((literal.host, literal.port))

while True:
    msg = input('请输入你想要发送的信息>>>:').strip()
    if len(msg) == 0:
        continue
    client.send(msg.encode('utf8'))
    data = client.recv(1024)
    print('收到服务端消息>>>:' + data.decode('utf8'))
