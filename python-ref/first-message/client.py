"""Send one message and show the answer, decoded.

The tutorial's client; python-ref/README.md names its source.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literals.add_argument('--message', default='qiubabi munieniu', help='what is sent, as UTF-8')
literal = literals.parse_args()

client = socket.socket()
client.connect((literal.host, literal.port))
client.send(literal.message.encode('utf8'))
data = client.recv(1024)
print('收到来自服务端的消息:' + data.decode('utf8'))
client.close()
