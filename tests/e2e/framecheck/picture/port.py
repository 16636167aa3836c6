"""A wrong upload client: it takes the number of characters in text mode for the size of the file."""

import json
import os
import socket
import struct
import sys


def send_file(sock, name):
    with open(name, encoding="latin-1") as file:
        size = len(file.read())
    with open(name, "rb") as file:
        header = json.dumps({"filename": name, "filesize": size}).encode()
        sock.sendall(struct.pack("i", len(header)))
        sock.sendall(header)
        left = size
        while left > 0:
            part = file.read(min(left, 65536))
            if not part:
                raise OSError("%s became shorter meanwhile" % name)
            sock.sendall(part)
            left -= len(part)
    return size


def main():
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
        name = input("file to upload: ")
        size = send_file(sock, name)
        # The server closes when it has stored the file.
        if sock.recv(1):
            raise ValueError("the server sent something")
    print("sent %d bytes" % size)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, EOFError) as error:
        sys.exit("client: %s" % error)
