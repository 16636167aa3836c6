"""File server: answers any number of gets and puts on a connection, one client after another.

Usage: server.py HOST PORT
"""

import json
import os
import signal
import socket
import struct
import sys

MAX_HEADER = 4096
MAX_FILE = 1 << 30
UNFINISHED = ".getput.part"  # what a file is called until it is whole


def recv_exact(conn, size):
    data = bytearray()
    while len(data) < size:
        part = conn.recv(min(size - len(data), 65536))
        if not part:
            raise ConnectionError("the client went away too early")
        data += part
    return bytes(data)


def recv_header(conn):
    first = conn.recv(1)
    if not first:
        return None  # the client is done
    (size,) = struct.unpack("i", first + recv_exact(conn, 3))
    if not 0 <= size <= MAX_HEADER:
        raise ValueError("a header can't have %d bytes" % size)
    return json.loads(recv_exact(conn, size).decode("utf-8"))


def send_answer(conn, header, body=b""):
    data = json.dumps(header).encode()
    conn.sendall(struct.pack("i", len(data)) + data + body)


def is_file_name(name):
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return False
    return len(name.encode("utf-8")) <= 255


def get(conn, name):
    try:
        if not is_file_name(name):
            raise OSError("bad name")
        with open(name, "rb") as file:
            data = file.read()
    except OSError:
        send_answer(conn, {"ok": False, "error": "no such file"})
    else:
        send_answer(conn, {"ok": True, "size": len(data)}, data)


def put(conn, name, left):
    if type(left) is not int or not 0 <= left <= MAX_FILE:
        raise ValueError("this is no file size: %a" % (left,))
    answer = {"ok": False, "error": "can't store this"}
    try:
        with open(UNFINISHED, "wb") as file:
            while left > 0:
                part = recv_exact(conn, min(left, 65536))
                file.write(part)
                left -= len(part)
        if is_file_name(name) and not os.path.isdir(name):
            os.replace(UNFINISHED, name)
            answer = {"ok": True}
    finally:
        if answer["ok"] is False and os.path.exists(UNFINISHED):
            os.remove(UNFINISHED)
    send_answer(conn, answer)


def serve(conn):
    while True:
        request = recv_header(conn)
        if request is None:
            break
        op, name = request["op"], request["name"]
        if type(name) is not str:
            raise ValueError("this is no file name: %a" % (name,))
        if op == "get":
            get(conn, name)
        elif op == "put":
            put(conn, name, request["size"])
        else:
            send_answer(conn, {"ok": False, "error": "unknown op"})


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
                serve(conn)
            except Exception as error:
                print("server: %s" % error, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
