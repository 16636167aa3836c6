"""Ask for commands, send each one, and print the answer decoded as GBK.

The tutorial's client; python-ref/README.md names its source. Each chunk of the answer is put
before the ones read earlier, and what is counted is the sum of the growing totals: an answer
that comes in one recv(1024) is right, a longer one is turned round and cut short.
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

while True:
    cmd = input('>>: ')
    if not cmd:
        continue
    client.send(bytes(cmd, encoding='utf-8'))

    header = client.recv(4)
    about_len = struct.unpack('i', header)[0]
    about = json.loads(client.recv(about_len).decode('utf-8'))
    data_len = about['data_size']

    recv_size = 0
    recv_data = b''
    while recv_size < data_len:
        recv_data = client.recv(1024) + recv_data
        recv_size = len(recv_data) + recv_size

    print(recv_data.decode('gbk'))
