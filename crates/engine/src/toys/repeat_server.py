"""Sends each line back that it receives. With a third argument of "wrong", in upper case, which is wrong;
with one of "slow", after a while."""

import socket
import sys
import time

server = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    connection, _ = server.accept()
    with connection, connection.makefile("rwb") as lines:
        try:
            for line in lines:
                if "slow" in sys.argv[3:]:
                    time.sleep(0.05)
                lines.write(line.upper() if "wrong" in sys.argv[3:] else line)
                lines.flush()
        except OSError:
            pass
