"""Answer in upper case, a thread a connection: the calls of python-ref/tcp-upper/server.py.

That program serves one client at a time. This one is what a Python programmer would make of it for many,
with the standard library's own server. It takes the end of a client's stream for the end.
"""
import socketserver


class Upper(socketserver.BaseRequestHandler):
    def handle(self):
        while True:
            data = self.request.recv(1024)
            if not data:
                return
            print('接收客户端的数据:', data)
            self.request.send(data.upper())


class Server(socketserver.ThreadingTCPServer):
    # The 5 of the standard library would keep most of 1,000 clients off for a second and more.
    request_queue_size = 4096
    daemon_threads = True


with Server(('127.0.0.1', 0), Upper) as server:
    server.serve_forever()
