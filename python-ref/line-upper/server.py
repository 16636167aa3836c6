"""Answer one recv(1024), stripped, in upper case, each client in a thread of its own.

The tutorial's server; python-ref/README.md names its source. socketserver shuts the connection
down for writing and closes it when the handler is done; an exception in a handler is shown on
standard error and the server goes on.
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
    server = socketserver.ThreadingTCPServer((literal.host, literal.port), Myserver)
    server.serve_forever()
