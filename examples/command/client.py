"""Command client: sends each line that is typed, and prints what the server answers.

Usage: client.py HOST PORT
"""

import socket
import struct
import sys

MAX_OUTPUT = 1 << 24


def recv_exact(sock, size):
    data = bytearray()
    while len(data) < size:
        part = sock.recv(min(size - len(data), 65536))
        if not part:
            raise ConnectionError("the connection ended early")
        data += part
    return bytes(data)


def ask(sock, command):
    data = command.encode()
    sock.sendall(struct.pack("i", len(data)) + data)
    (size,) = struct.unpack("i", recv_exact(sock, 4))
    if not 0 <= size <= MAX_OUTPUT:
        raise ValueError("an answer can't have %d bytes" % size)
    return recv_exact(sock, size).decode("utf-8")


def main():
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
        while True:
            try:
                command = input("> ")
            except EOFError:
                break
            if command == "exit":
                break
            print(ask(sock, command))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit("client: %s" % error)
