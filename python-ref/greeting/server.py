"""Take whatever one client sends, and greet it.

The tutorial's server; python-ref/README.md names its source. What was received is shown nowhere,
and the client's socket is left for the interpreter's exit to close.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8888)
literals.add_argument('--answer', default='Hello, client!', help='what is sent, as UTF-8')
literal = literals.parse_args()

server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.bind((literal.host, literal.port))
server_socket.listen(5)
client_socket, client_address = server_socket.accept()
data = client_socket.recv(1024)
client_socket.send(literal.answer.encode('utf-8'))
server_socket.close()
