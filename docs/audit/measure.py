"""Captures frames of examples/getput over loopback, one of them wrong, for `framecheck audit`.

Usage: measure.py FRAMES CAPTURE, with tcpdump and the right to capture.

The client sends so many requests, and the server answers each. The request in the middle has a
size that is text. What is printed says where it is.
"""

import json
import signal
import socket
import struct
import subprocess
import sys
import threading

ANSWER = json.dumps({"ok": True, "size": 3}).encode()
ANSWER = struct.pack("i", len(ANSWER)) + ANSWER + b"abc"


def serve(server):
    sock, _ = server.accept()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with sock:
        while sock.recv(65536):
            sock.sendall(ANSWER)


def request(number, is_wrong):
    size = 20 + number % 50
    said = str(size) if is_wrong else size
    head = json.dumps({"op": "put", "name": "file-%d" % number, "size": said}).encode()
    return struct.pack("i", len(head)) + head + b"x" * size


def talk(port, count):
    offset = 0
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(count):
            is_wrong = number == count // 2
            frame = request(number, is_wrong)
            sock.sendall(frame)
            if is_wrong:
                byte = frame.index(b'"size": ') + len('"size": ')
                where = (number + 1, byte, offset + byte)
                print("frame %d is wrong: byte %d of it, stream offset %d" % where)
            offset += len(frame)
            got = 0
            while got < len(ANSWER):
                got += len(sock.recv(65536))


def main():
    count, capture = int(sys.argv[1]), sys.argv[2]
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    command = ["tcpdump", "-i", "lo", "-B", "65536", "-w", capture, "tcp port %d" % port]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tcpdump:
        tcpdump.stderr.readline()  # it listens
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        talk(port, count)
        thread.join()
        threading.Event().wait(1)  # the last packets are on their way to it
        tcpdump.send_signal(signal.SIGINT)
        print(tcpdump.stderr.read(), end="")


if __name__ == "__main__":
    main()
