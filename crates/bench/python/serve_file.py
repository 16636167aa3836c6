"""Serve one file to one client after another: the calls of python-ref/file-transfer/server.py.

That program ends after its first client, and can't be asked for more than one file a process. This one
accepts again, and closes each connection where that one leaves it to the interpreter's exit. It lets more
clients wait than that one's 5: those beyond would be kept off for a second, which is no measure of a server.
"""
import argparse
import json
import os.path
import socket
import struct

options = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
options.add_argument('--file', required=True, help='the file whose bytes are sent')
options.add_argument('--name', required=True, help='file_name in the dict')
options.add_argument('--desc', required=True, help='file_desc in the dict')
options = options.parse_args()

server = socket.socket()
server.bind(('127.0.0.1', 0))
server.listen(4096)
while True:
    sock, addr = server.accept()
    about = {
        'file_name': options.name,
        'file_desc': options.desc,
        'file_size': os.path.getsize(options.file),
    }
    about_json = json.dumps(about)
    about_bytes = about_json.encode('utf8')
    header = struct.pack('i', len(about_bytes))
    sock.send(header)
    sock.send(about_bytes)
    with open(options.file, 'rb') as f:
        for line in f:
            sock.send(line)
    sock.close()
