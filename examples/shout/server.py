"""Answers each line with its length in bytes and its text in upper case. The address is fixed."""
import socketserver


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            if not line.endswith(b'\n'):
                return
            text = line[:-1]
            self.wfile.write(b'%d %s\n' % (len(text), text.upper()))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(('', 9001), Handler) as server:
    print('listening on %s, port %d' % server.server_address)
    server.serve_forever()
