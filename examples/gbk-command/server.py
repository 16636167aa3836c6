"""Runs three harmless commands for clients that write GBK: type NAME, echo TEXT and dir.

    python3 server.py HOST PORT

The files that it shows are in the folder `files`.
"""
import hashlib
import json
import os
import socket
import struct
import sys

MAX_LINE = 65536
FOLDER = "files"


def is_plain(name):
    return name not in ("", ".", "..") and "/" not in name and "\0" not in name


def show_file(name):
    path = os.path.join(FOLDER, name)
    if not is_plain(name) or not os.path.isfile(path):
        return ("no file '%s'\n" % name).encode("gbk")
    with open(path, "rb") as file:
        return file.read()


def list_files():
    if not os.path.isdir(FOLDER):
        return b""
    names = [name for name in os.listdir(FOLDER) if os.path.isfile(os.path.join(FOLDER, name))]
    # A character that GBK has not becomes a question mark.
    return "".join(name + "\n" for name in sorted(names)).encode("gbk", "replace")


def output_of(line):
    try:
        command = line.decode("gbk")
    except UnicodeDecodeError:
        return b"the command is not GBK\n"
    verb, _, rest = command.partition(" ")
    if verb == "type":
        return show_file(rest)
    if verb == "echo":
        return (rest + "\n").encode("gbk")
    if command == "dir":
        return list_files()
    return ("no command '%s'\n" % verb).encode("gbk")


def serve_client(conn, stream):
    while True:
        line = stream.readline(MAX_LINE + 1)
        if not line.endswith(b"\n"):
            return  # the end, or a command that is not whole
        body = output_of(line[:-1])
        info = {"total_size": len(body), "md5": hashlib.md5(body).hexdigest()}
        info_bytes = json.dumps(info).encode("utf-8")
        conn.sendall(struct.pack("i", len(info_bytes)) + info_bytes + body)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((sys.argv[1], int(sys.argv[2])))
    server.listen(5)
    while True:
        conn, _ = server.accept()
        with conn, conn.makefile("rb") as stream:
            try:
                serve_client(conn, stream)
            except OSError as error:
                print("a client is lost:", error, file=sys.stderr)


if __name__ == "__main__":
    main()
