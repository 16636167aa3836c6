"""Upload server: stores the file of each client in the working directory.

Usage: server.py HOST PORT
"""

import json
import os
import signal
import socket
import struct
import sys

MAX_HEADER = 4096
MAX_FILE = 1 << 20
UNFINISHED = ".upload.part"  # what a file is called until it is whole


def recv_exact(conn, size):
    data = bytearray()
    while len(data) < size:
        part = conn.recv(min(size - len(data), 65536))
        if not part:
            raise ConnectionError("the client went away too early")
        data += part
    return bytes(data)


def recv_header(conn):
    (size,) = struct.unpack("i", recv_exact(conn, 4))
    if not 0 <= size <= MAX_HEADER:
        raise ValueError("a header can't have %d bytes" % size)
    header = json.loads(recv_exact(conn, size).decode("utf-8"))
    name, size = header["filename"], header["filesize"]
    if type(name) is not str or name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError("this is no file name: %a" % (name,))
    if len(name.encode("utf-8")) > 255:
        raise ValueError("the file name is too long")
    if type(size) is not int or not 0 <= size <= MAX_FILE:
        raise ValueError("this is no file size: %a" % (size,))
    return name, size


def store(conn):
    name, left = recv_header(conn)
    try:
        with open(UNFINISHED, "wb") as file:
            while left > 0:
                part = recv_exact(conn, min(left, 65536))
                file.write(part)
                left -= len(part)
        os.replace(UNFINISHED, name)
    finally:
        if os.path.exists(UNFINISHED):
            os.remove(UNFINISHED)


def main():
    # A kill must not leave half a file behind, so it ends the server as an exception.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((sys.argv[1], int(sys.argv[2])))
    listener.listen(5)
    while True:
        try:
            conn, _ = listener.accept()
        except OSError:
            continue
        with conn:
            try:
                store(conn)
            except Exception as error:
                print("server: %s" % error, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
