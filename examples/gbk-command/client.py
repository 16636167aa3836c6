"""Sends typed commands as GBK and prints what each gives.

    python3 client.py HOST PORT
"""
import hashlib
import json
import socket
import struct
import sys

MAX_INFO = 1024
MAX_BODY = 64 * 1024 * 1024


def receive_exactly(sock, size):
    chunks = []
    while size > 0:
        chunk = sock.recv(min(size, 65536))
        if not chunk:
            raise ConnectionError("the connection ended inside an answer")
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def receive_answer(sock):
    (size,) = struct.unpack("i", receive_exactly(sock, 4))
    if not 0 < size <= MAX_INFO:
        raise ValueError("the dict has a size of %d" % size)
    info = json.loads(receive_exactly(sock, size).decode("utf-8"))
    total_size = info["total_size"]
    if type(total_size) is not int or not 0 <= total_size <= MAX_BODY:
        raise ValueError("total_size is no size")
    body = receive_exactly(sock, total_size)
    if hashlib.md5(body).hexdigest() != info["md5"]:
        raise ValueError("the MD5 of the output is another")
    return body


def show(body):
    try:
        text = body.decode("gbk")
    except UnicodeDecodeError:
        text = "(%d bytes that are not GBK)\n" % len(body)
    print(text, end="", flush=True)


def main():
    sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    for line in sys.stdin:
        command = line.rstrip("\n")
        if command == "quit":
            break
        if command == "":
            continue
        try:
            message = (command + "\n").encode("gbk")
        except UnicodeEncodeError as error:
            print("GBK has no U+%04X" % ord(command[error.start]), flush=True)
            continue
        sock.sendall(message)
        show(receive_answer(sock))
    sock.close()


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        sys.exit("error: %s" % error)
