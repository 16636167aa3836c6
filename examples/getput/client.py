"""File client: gets and puts the files that are typed.

Usage: client.py HOST PORT, then lines on standard input: get NAME, put NAME, quit.
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


def recv_exact(sock, size):
    data = bytearray()
    while len(data) < size:
        part = sock.recv(min(size - len(data), 65536))
        if not part:
            raise ConnectionError("the connection ended early")
        data += part
    return bytes(data)


def ask(sock, request, body=b""):
    """Sends a request, waits for the answer's header, and prints an error."""
    data = json.dumps(request).encode()
    sock.sendall(struct.pack("i", len(data)) + data + body)
    (size,) = struct.unpack("i", recv_exact(sock, 4))
    if not 0 <= size <= MAX_HEADER:
        raise ValueError("a header can't have %d bytes" % size)
    answer = json.loads(recv_exact(sock, size).decode("utf-8"))
    if type(answer) is not dict or type(answer.get("ok")) is not bool:
        raise ValueError("this is no answer: %a" % (answer,))
    if not answer["ok"]:
        if type(answer.get("error")) is not str:
            raise ValueError("this is no answer: %a" % (answer,))
        print("%s: %s" % (request["name"], answer["error"]))
    return answer


def get(sock, name):
    answer = ask(sock, {"op": "get", "name": name})
    if not answer["ok"]:
        return
    size = left = answer.get("size")
    if type(size) is not int or not 0 <= size <= MAX_FILE:
        raise ValueError("this is no file size: %a" % (size,))
    try:
        with open(UNFINISHED, "wb") as file:
            while left > 0:
                part = recv_exact(sock, min(left, 65536))
                file.write(part)
                left -= len(part)
        os.replace(UNFINISHED, name)
    except BaseException:
        if os.path.exists(UNFINISHED):
            os.remove(UNFINISHED)
        raise
    print("%s: got %d bytes" % (name, size))


def put(sock, name):
    try:
        with open(name, "rb") as file:
            data = file.read()
    except OSError:
        print("%s: can't read this" % name)
        return
    if ask(sock, {"op": "put", "name": name, "size": len(data)}, data)["ok"]:
        print("%s: put %d bytes" % (name, len(data)))


def is_file_name(name):
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return False
    return len(name.encode("utf-8")) <= 255


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
        for line in sys.stdin:
            command, _, name = line.rstrip("\n").partition(" ")
            if command == "quit":
                break
            if command not in ("get", "put") or not is_file_name(name):
                print("type: get NAME, put NAME or quit")
            elif command == "get":
                get(sock, name)
            else:
                put(sock, name)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit("client: %s" % error)
