"""Sends each line that is typed, and prints the answer. The address is fixed."""
import socket
import sys

with socket.create_connection(('localhost', 9001)) as sock:
    print('connected to %s, port %d' % sock.getpeername()[:2])
    answers = sock.makefile('rb')
    for line in sys.stdin:
        sock.sendall(line.encode('utf-8', 'surrogateescape'))
        answer = answers.readline()
        if not answer.endswith(b'\n'):
            sys.exit('the server has gone')
        length, _, text = answer[:-1].partition(b' ')
        if length != b'%d' % len(text):
            sys.exit('the server miscounts')
        print(text.decode('utf-8', 'replace'))
