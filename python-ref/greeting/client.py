"""Send one message and show what one recv(1024) returns.

The tutorial has no client. This one is made of the calls that the server's are answered by, as
tcp-hello's is; python-ref/README.md says so too.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8888)
literals.add_argument('--message', default='Hello, server!', help='what is sent, as UTF-8')
literal = literals.parse_args()

client_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client_socket.connect((literal.host, literal.port))
client_socket.send(literal.message.encode('utf-8'))
data = client_socket.recv(1024)
print(data)
client_socket.close()
