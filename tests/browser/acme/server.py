"""Two servers with a bug each: one packs its header in network byte order and forgets that a size is
a number, the other answers with what a page must never take for markup."""

import json
import socket
import struct
import sys

MARKUP = (
    "</script><script>alert(1)</script><!--<script>"
    "<img src=x onerror=alert(2)>"
    "<a href='javascript:alert(3)'>\u2028\u202e\0"
).encode() + b"\xff\xfe"


def serve_file(sock: socket.socket, name: str, desc: str, path: str) -> None:
    with open(path, "rb") as file:
        body = file.read()
    about = {"file_name": name, "file_desc": desc, "file_size": str(len(body))}
    text = json.dumps(about).encode()
    sock.sendall(struct.pack("!i", len(text)) + text + body)


def serve_upper(sock: socket.socket) -> None:
    while data := sock.recv(1024):
        sys.stderr.buffer.write(MARKUP + b"\n")
        sys.stderr.flush()
        sock.sendall((MARKUP + data)[: len(data)] if len(data) > 1 else MARKUP)


def main() -> None:
    kind, host, port, *rest = sys.argv[1:]
    server = socket.create_server((host, int(port)))
    while True:
        sock, _ = server.accept()
        with sock:
            try:
                if kind == "file":
                    serve_file(sock, *rest)
                else:
                    serve_upper(sock)
            except OSError:
                pass


main()
