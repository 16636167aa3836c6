"""Login server: hands out the files in share/ to the users in users.json.

Usage: server.py HOST PORT
"""

import hashlib
import json
import os
import socket
import struct
import sys

MAX_DICT = 4096


def recv_exact(conn, size):
    data = bytearray()
    while len(data) < size:
        part = conn.recv(size - len(data))
        if not part:
            raise ConnectionError("the client went away too early")
        data += part
    return bytes(data)


def recv_dict(conn):
    first = conn.recv(1)
    if not first:
        return None  # the client is done
    (size,) = struct.unpack(">I", first + recv_exact(conn, 3))
    if size > MAX_DICT:
        raise ValueError("a dict can't have %d bytes" % size)
    return json.loads(recv_exact(conn, size).decode("utf-8"))


def frame(data):
    return struct.pack(">I", len(data)) + data


def dict_frame(answer):
    return frame(json.dumps(answer).encode())


def log_in(conn):
    request = recv_dict(conn)
    if request is None:
        return False
    user, password = request["user"], request["password_sha256"]
    if type(user) is not str or type(password) is not str:
        raise ValueError("this is no login")
    with open("users.json", encoding="utf-8") as file:
        is_known = json.load(file).get(user) == password
    conn.sendall(dict_frame({"status": "ok" if is_known else "denied"}))
    return is_known


def read_file(name):
    if type(name) is not str:
        raise ValueError("this is no file name: %a" % (name,))
    name.encode("utf-8")  # a lone surrogate is no character
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return None
    try:
        with open(os.path.join("share", name), "rb") as file:
            return file.read()
    except OSError:
        return None


def answer(request):
    command, data = request["command"], read_file(request["name"])
    if data is None:
        return dict_frame({"error": "no such file"})
    if command == "sum":
        digest = hashlib.md5(data).hexdigest().encode()
        return dict_frame({"size": len(data)}) + frame(digest)
    if command == "get":
        offset = request["offset"]
        if type(offset) is not int or offset < 0:
            raise ValueError("this is no offset: %a" % (offset,))
        if offset > len(data):
            return dict_frame({"error": "the file has only %d bytes" % len(data)})
        body = data[offset:]
        digest = hashlib.md5(body).hexdigest().encode()
        return dict_frame({"size": len(body), "offset": offset}) + body + frame(digest)
    return dict_frame({"error": "unknown command"})


def serve(conn):
    if not log_in(conn):
        return
    while True:
        request = recv_dict(conn)
        if request is None:
            break
        conn.sendall(answer(request))


def main():
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
