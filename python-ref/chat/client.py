"""Take turns with the server: ask for a message, send it, print the reply.

The tutorial's client; python-ref/README.md names its source. An empty message sends nothing and
then waits for a reply to it; a server that has gone is taken for one that replies with nothing.
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
    msg = input('请输入你需要发送的消息>>>:').strip()
    client.send(msg.encode('utf8'))
    data = client.recv(1024)
    print(data.decode('utf8'))
