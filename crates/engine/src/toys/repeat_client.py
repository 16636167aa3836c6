"""Sends each typed line, and prints the line that comes back. With a third argument it sends all lines
before it reads an answer, which is wrong."""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    lines = connection.makefile("rwb")
    unanswered = 0
    typed = sys.stdin.buffer.readlines()
    for number, line in enumerate(typed, start=1):
        lines.write(line)
        lines.flush()
        unanswered += 1
        if sys.argv[3:] and number < len(typed):
            continue
        for _ in range(unanswered):
            answer = lines.readline()
            if not answer.endswith(b"\n"):
                sys.exit("the answer breaks off")
            sys.stdout.buffer.write(answer)
        unanswered = 0
