"""Transforms text for its clients: upper, lower or reverse, one message after another.

    python3 server.py HOST PORT
"""
import hashlib
import json
import socket
import struct
import sys

HEADER = struct.Struct("!II")
MAX_INFO = 4096
MAX_BODY = 256 * 1024
MODES = {
    "upper": bytes.upper,  # of ASCII letters
    "lower": bytes.lower,
    "reverse": lambda body: body[::-1],
}


def receive_exactly(sock, size):
    data = bytearray()
    while len(data) < size:
        chunk = sock.recv(min(size - len(data), 65536))
        if not chunk:
            raise ConnectionError("the connection ended inside a message")
        data += chunk
    return bytes(data)


def receive_request(sock):
    """The dict and the body, or None where the client has nothing more."""
    first = sock.recv(1)
    if not first:
        return None
    header = first + receive_exactly(sock, HEADER.size - 1)
    info_size, body_size = HEADER.unpack(header)
    if info_size > MAX_INFO or body_size > MAX_BODY:
        raise ValueError("a message of %d + %d bytes" % (info_size, body_size))
    info = json.loads(receive_exactly(sock, info_size).decode("utf-8"))
    if not isinstance(info, dict) or not isinstance(info.get("name"), str):
        raise ValueError("a dict without a name")
    return info, receive_exactly(sock, body_size)


def answer_to(info, body):
    transform = MODES.get(str(info.get("mode")))
    if transform is None:
        return {"name": info["name"], "error": "unknown mode"}, b""
    body = transform(body)
    digest = hashlib.md5(body).hexdigest()
    return {"name": info["name"], "lines": body.count(b"\n"), "md5": digest}, body


def serve_client(conn):
    while True:
        request = receive_request(conn)
        if request is None:
            return
        info, body = answer_to(*request)
        info_bytes = json.dumps(info).encode("utf-8")
        conn.sendall(HEADER.pack(len(info_bytes), len(body)) + info_bytes + body)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((sys.argv[1], int(sys.argv[2])))
    server.listen(5)
    while True:
        conn, _ = server.accept()
        with conn:
            try:
                serve_client(conn)
            except (OSError, ValueError, RecursionError) as error:
                print("a client is lost:", error, file=sys.stderr)


if __name__ == "__main__":
    main()
