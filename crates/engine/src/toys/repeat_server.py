"""Sends each line back that it receives. With a third argument, in upper case, which is wrong."""

import socket
import sys

server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    connection, _ = server.accept()
    with connection, connection.makefile("rwb") as lines:
        try:
            for line in lines:
                lines.write(line.upper() if sys.argv[3:] else line)
                lines.flush()
        except OSError:
            pass
