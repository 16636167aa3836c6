"""Sends files to be transformed, and stores what comes back as NAME.out.

    python3 client.py HOST PORT

A typed line is a mode and a file's name: upper notes.txt
"""
import hashlib
import json
import os
import socket
import struct
import sys

HEADER = struct.Struct("!II")
MAX_INFO = 4096
MAX_BODY = 256 * 1024
MAX_NAME = 240  # bytes: NAME.out.part must be a name, too


def receive_exactly(sock, size):
    data = bytearray()
    while len(data) < size:
        chunk = sock.recv(min(size - len(data), 65536))
        if not chunk:
            raise ConnectionError("the connection ended inside an answer")
        data += chunk
    return bytes(data)


def ask(sock, info, body):
    info_bytes = json.dumps(info).encode("utf-8")
    sock.sendall(HEADER.pack(len(info_bytes), len(body)) + info_bytes + body)
    info_size, body_size = HEADER.unpack(receive_exactly(sock, HEADER.size))
    if info_size > MAX_INFO or body_size > MAX_BODY:
        raise ValueError("an answer of %d + %d bytes" % (info_size, body_size))
    answer = json.loads(receive_exactly(sock, info_size).decode("utf-8"))
    answer_body = receive_exactly(sock, body_size)
    if answer["name"] != info["name"]:
        raise ValueError("the answer is for another name")
    if "error" not in answer and answer["md5"] != hashlib.md5(answer_body).hexdigest():
        raise ValueError("the MD5 of the answer is another")
    return answer, answer_body


def store(name, body):
    part = name + ".part"
    try:
        with open(part, "wb") as file:
            file.write(body)
        os.replace(part, name)
    except BaseException:
        if os.path.exists(part):
            os.remove(part)
        raise


def main():
    sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    for line in sys.stdin:
        mode, _, name = line.rstrip("\n").partition(" ")
        if "/" in name or len(os.fsencode(name)) > MAX_NAME or not os.path.isfile(name):
            print("no such file:", name, flush=True)
            continue
        with open(name, "rb") as file:
            body = file.read()
        answer, body = ask(sock, {"name": name, "mode": mode}, body)
        if "error" in answer:
            print("%s: %s" % (name, answer["error"]), flush=True)
            continue
        lines = answer["lines"]
        store(name + ".out", body)
        print("%s.out: %d lines" % (name, lines), flush=True)
    sock.close()


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        sys.exit("error: %s" % error)
