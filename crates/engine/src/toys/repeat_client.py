"""Sends each typed line, and prints the line that comes back."""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    lines = connection.makefile("rwb")
    for typed in sys.stdin.buffer:
        lines.write(typed)
        lines.flush()
        answer = lines.readline()
        if not answer.endswith(b"\n"):
            sys.exit("the answer breaks off")
        sys.stdout.buffer.write(answer)
