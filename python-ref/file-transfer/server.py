"""Serve one file to one client: packed length, JSON dict, then the file line by line.

The tutorial's server; python-ref/README.md names its source. Every odd thing it does is meant to
be here: the first client is the only one, the size is asked for before the file is opened, and
the sockets are left for the interpreter's exit to close.
"""
import argparse
import json
import os.path
import socket
import struct

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literals.add_argument('--file', default='04 struct模块.py', help='the file whose bytes are sent')
literals.add_argument('--name', default='xyyyhtl.txt', help='file_name in the dict')
literals.add_argument('--desc', default='what fuck', help='file_desc in the dict')
literal = literals.parse_args()

server = socket.socket()
server.bind((literal.host, literal.port))
server.listen(5)
sock, addr = server.accept()
about = {
    'file_name': literal.name,
    'file_desc': literal.desc,
    'file_size': os.path.getsize(literal.file),
}
about_json = json.dumps(about)
about_bytes = about_json.encode('utf8')
header = struct.pack('i', len(about_bytes))
sock.send(header)
sock.send(about_bytes)
with open(literal.file, 'rb') as f:
    for line in f:
        sock.send(line)
