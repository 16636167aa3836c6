"""Login client: logs in, then gets files and their sums.

Usage: client.py HOST PORT, then on standard input: the user, the password, and lines of
get NAME [OFFSET], sum NAME, quit.
"""

import hashlib
import json
import os
import re
import signal
import socket
import struct
import sys

MAX_DICT = 4096
MAX_FILE = 1 << 30
UNFINISHED = ".login.part"  # what a file is called until it is whole


def recv_exact(sock, size):
    data = bytearray()
    while len(data) < size:
        part = sock.recv(min(size - len(data), 65536))
        if not part:
            raise ConnectionError("the connection ended early")
        data += part
    return bytes(data)


def recv_frame(sock):
    (size,) = struct.unpack(">I", recv_exact(sock, 4))
    if size > MAX_DICT:
        raise ValueError("a frame can't have %d bytes" % size)
    return recv_exact(sock, size)


def ask(sock, request):
    data = json.dumps(request).encode()
    sock.sendall(struct.pack(">I", len(data)) + data)
    answer = json.loads(recv_frame(sock).decode("utf-8"))
    if type(answer) is not dict:
        raise ValueError("this is no answer: %a" % (answer,))
    return answer


def is_refused(name, answer):
    if type(answer.get("error")) is str:
        print("%s: %s" % (name, answer["error"]))
    return "error" in answer


def integer(answer, key):
    value = answer.get(key)
    if type(value) is not int or not 0 <= value <= MAX_FILE:
        raise ValueError("this is no %s: %a" % (key, value))
    return value


def recv_digest(sock):
    digest = recv_frame(sock)
    if not re.fullmatch(b"[0-9a-f]{32}", digest):
        raise ValueError("this is no digest: %a" % digest)
    return digest.decode()


def log_in(sock):
    user = input("user: ")
    password = hashlib.sha256(input("password: ").encode()).hexdigest()
    status = ask(sock, {"user": user, "password_sha256": password}).get("status")
    if status != "ok":
        raise ValueError("the server did not let %s in" % user)


def read_start(name, size):
    """The first bytes of a file that was got in part."""
    if size == 0:
        return b""
    try:
        with open(name, "rb") as file:
            return file.read(size)
    except OSError:
        return b""


def get(sock, name, offset):
    start = read_start(name, offset)
    if len(start) < offset:
        print("%s: only %d bytes are here" % (name, len(start)))
        return
    answer = ask(sock, {"command": "get", "name": name, "offset": offset})
    if is_refused(name, answer):
        return
    size = left = integer(answer, "size")
    if integer(answer, "offset") != offset:
        raise ValueError("the server starts at another offset")
    md5 = hashlib.md5()
    try:
        with open(UNFINISHED, "wb") as file:
            file.write(start)
            while left > 0:
                part = recv_exact(sock, min(left, 65536))
                file.write(part)
                md5.update(part)
                left -= len(part)
        if recv_digest(sock) != md5.hexdigest():
            raise ValueError("the digest of %s is wrong" % name)
        os.replace(UNFINISHED, name)
    except BaseException:
        if os.path.exists(UNFINISHED):
            os.remove(UNFINISHED)
        raise
    print("%s: got %d bytes from %d on" % (name, size, offset))


def show_sum(sock, name):
    answer = ask(sock, {"command": "sum", "name": name})
    if not is_refused(name, answer):
        size = integer(answer, "size")
        print("%s: %d bytes, md5 %s" % (name, size, recv_digest(sock)))


def is_file_name(name):
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return False
    return len(name.encode("utf-8")) <= 255


def obey(sock, line):
    command, _, name = line.partition(" ")
    offset = 0
    start, _, end = name.rpartition(" ")
    if command == "get" and start and end.isascii() and end.isdigit() and len(end) < 10:
        name, offset = start, int(end)
    if command not in ("get", "sum") or not is_file_name(name):
        print("type: get NAME [OFFSET], sum NAME or quit")
    elif command == "get":
        get(sock, name, offset)
    else:
        show_sum(sock, name)


def main():
    # A kill must not leave half a file behind, so it ends the client as an exception.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
        log_in(sock)
        while True:
            try:
                line = input("> ")
            except EOFError:
                break
            if line == "quit":
                break
            obey(sock, line)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, EOFError) as error:
        sys.exit("client: %s" % error)
