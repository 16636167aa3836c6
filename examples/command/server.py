"""Command server: runs a few commands of its own for one client after another.

Usage: server.py HOST PORT
"""

import socket
import struct
import sys

MAX_COMMAND = 4096


def recv_exact(conn, size):
    data = bytearray()
    while len(data) < size:
        part = conn.recv(size - len(data))
        if not part:
            raise ConnectionError("the client went away too early")
        data += part
    return bytes(data)


def recv_command(conn):
    first = conn.recv(1)
    if not first:
        return None  # the client is done
    (size,) = struct.unpack("i", first + recv_exact(conn, 3))
    if not 0 <= size <= MAX_COMMAND:
        raise ValueError("a command can't have %d bytes" % size)
    return recv_exact(conn, size).decode("utf-8")


def repeat(rest):
    count, _, text = rest.partition(" ")
    if not (count.isascii() and count.isdigit() and len(count) <= 4 and int(count) <= 1000):
        return "usage: repeat N TEXT, with N up to 1000"
    return text * int(count)


def word_count(name):
    try:
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise OSError("bad name")
        with open(name, "rb") as file:
            data = file.read()
    except OSError:
        return "wc: no such file"
    return "%d %d %d" % (data.count(b"\n"), len(data.split()), len(data))


def run(command):
    verb, _, rest = command.partition(" ")
    if verb == "echo":
        return rest
    if verb == "upper":  # ASCII letters alone
        return rest.encode().upper().decode()
    if verb == "rev":
        return rest[::-1]
    if verb == "repeat":
        return repeat(rest)
    if verb == "wc":
        return word_count(rest)
    return "unknown command: " + verb


def serve(conn):
    while True:
        command = recv_command(conn)
        if command is None:
            break
        output = run(command).encode()
        conn.sendall(struct.pack("i", len(output)) + output)


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
