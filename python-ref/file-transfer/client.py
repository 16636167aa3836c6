"""Fetch one file: packed length, JSON dict, then reads of 1024 until file_size is reached.

The tutorial's client; python-ref/README.md names its source. One recv for the header and one for
the dict, whatever arrives; the file is opened under whatever name the dict gives; an end of the
stream before file_size is never noticed.
"""
import argparse
import json
import socket
import struct

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literal = literals.parse_args()

client = socket.socket()
client.connect((literal.host, literal.port))
header = client.recv(4)
about_len = struct.unpack('i', header)[0]
about_bytes = client.recv(about_len)
about = json.loads(about_bytes)
print(about)
recv_size = 0
with open(about.get('file_name'), 'wb') as f:
    while recv_size < about.get('file_size'):
        data = client.recv(1024)
        recv_size += len(data)
        f.write(data)
