"""Answer each datagram, stripped, in upper case, one after another.

The tutorial only names socketserver's UDPServer: this is line-upper's program made with it;
python-ref/README.md tells what was chosen. UDPServer takes the first 8192 bytes of a datagram; an
exception in a handler is shown on standard error and the server goes on.
"""
import argparse
import socketserver


class Myserver(socketserver.BaseRequestHandler):
    def handle(self):
        self.data = self.request[0].strip()
        sock = self.request[1]
        print(f'{self.client_address[0]} wrote:')
        print(self.data)
        sock.sendto(self.data.upper(), self.client_address)


if __name__ == '__main__':
    literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
    literals.add_argument('--host', default='127.0.0.1')
    literals.add_argument('--port', type=int, default=9999)
    literal = literals.parse_args()

    server = socketserver.UDPServer((literal.host, literal.port), Myserver)
    server.serve_forever()
