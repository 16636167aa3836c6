"""Run each command a client sends in a shell and answer length, {"data_size": N}, output.

The tutorial's server; python-ref/README.md names its source. A command is whatever one recv(1024)
returns; standard error is read to its end before standard output is touched, and replaces it.
"""
import argparse
import json
import socket
import struct
import subprocess

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--host', default='127.0.0.1')
literals.add_argument('--port', type=int, default=8080)
literal = literals.parse_args()

phone = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
phone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

phone.bind((literal.host, literal.port))
phone.listen(5)

while True:
    conn, addr = phone.accept()
    while True:
        cmd = conn.recv(1024)
        if not cmd:
            break
        print('cmd: %s' % cmd)

        res = subprocess.Popen(cmd.decode('utf-8'),
                               shell=True,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        err = res.stderr.read()
        print(err)
        if err:
            answer = err
        else:
            answer = res.stdout.read()

        about = {'data_size': len(answer)}
        about_json = json.dumps(about)
        about_bytes = bytes(about_json, encoding='utf-8')

        conn.send(struct.pack('i', len(about_bytes)))
        conn.send(about_bytes)
        conn.sendall(answer)

    conn.close()
