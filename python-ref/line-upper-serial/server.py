"""Answer one recv(1024), stripped, in upper case, one client after another.

line-upper's server with the TCPServer that the tutorial keeps as a comment; python-ref/README.md
names its source. A client that says nothing keeps all others waiting.
"""
import argparse
import socketserver


class Myserver(socketserver.BaseRequestHandler):
    def handle(self):
        self.data = self.request.recv(1024).strip()
        print(f'{self.client_address[0]} wrote:')
        print(self.data)
        self.request.sendall(self.data.upper())


if __name__ == '__main__':
    literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
    literals.add_argument('--host', default='127.0.0.1')
    literals.add_argument('--port', type=int, default=9999)
    literal = literals.parse_args()

    socketserver.TCPServer.allow_reuse_address = True
    server = socketserver.TCPServer((literal.host, literal.port), Myserver)
    server.serve_forever()
