"""Make each call of the socket module's catalogue, on this machine alone, and print its result.

The tutorial lists the calls; python-ref/README.md names its source. Nothing is printed that
another run, or another machine, would print differently: no port, no descriptor, no size.
"""
import argparse
import socket

literals = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
literals.add_argument('--message', default='hello')
literals.add_argument('--backlog', type=int, default=5)
literal = literals.parse_args()

message = literal.message.encode('utf-8')


def failure(call, *arguments):
    try:
        return call(*arguments)
    except OSError as e:
        return e


print('-- socket objects')
for family, kind in [
    (socket.AF_INET, socket.SOCK_STREAM),
    (socket.AF_INET, socket.SOCK_DGRAM),
    (socket.AF_INET6, socket.SOCK_STREAM),
    (socket.AF_INET6, socket.SOCK_DGRAM),
    (socket.AF_UNIX, socket.SOCK_STREAM),
    (socket.AF_UNIX, socket.SOCK_DGRAM),
]:
    s = socket.socket(family, kind)
    print('socket:', int(s.family), int(s.type), s.proto)
    s.close()
left, right = socket.socketpair()
print('socketpair:', int(left.family), int(left.type), int(right.family), int(right.type))
copy = socket.fromfd(left.fileno(), left.family, left.type)
print('fromfd:', copy.fileno() == left.fileno(), copy.send(b'copy'), right.recv(1024))
copy.close()

print('-- server')
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
print('getsockopt:', server.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))
print('setsockopt:', server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1))
print('getsockopt:', server.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))
print('getsockopt:', server.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 4))
print('getsockname:', server.getsockname())
print('bind:', server.bind(('127.0.0.1', 0)))
address = server.getsockname()
print('getsockname:', address[0], address[1] > 0)
print('bind:', failure(server.bind, ('127.0.0.1', 0)))
client = socket.socket()
print('connect:', failure(client.connect, address))
print('connect_ex:', client.connect_ex(address))
client.close()
print('listen:', server.listen(literal.backlog))
taken = socket.socket()
print('bind:', failure(taken.bind, address))
taken.close()

print('-- client')
client = socket.socket()
print('getpeername:', failure(client.getpeername))
print('send:', failure(client.send, message))
print('connect:', client.connect(address))
conn, peer = server.accept()
print('accept:', peer == client.getsockname())
print('getpeername:', client.getpeername() == address, conn.getpeername() == peer)
print('getsockname:', conn.getsockname() == address)
print('connect:', failure(client.connect, address))
again = socket.socket()
print('connect_ex:', again.connect_ex(address))
second, peer = server.accept()
print('accept:', peer == again.getsockname())
again.close()
print('recv:', second.recv(1024))
second.close()
created = socket.create_connection(address, 5)
second, peer = server.accept()
print('create_connection:', created.gettimeout(), peer == created.getsockname())
created.close()
second.close()

print('-- messages')
print('send:', client.send(message))
print('recv:', conn.recv(3, socket.MSG_PEEK))
print('recv:', conn.recv(1024))
print('sendall:', conn.sendall(message))
print('recv:', client.recv(1024))
print('recvfrom:', conn.send(message), client.recvfrom(1024))
file = client.makefile('rwb')
print('makefile:', conn.send(b'one\ntwo\n'), file.readline(), file.readline())
print('makefile:', file.write(message), file.flush(), conn.recv(1024))
file.close()

print('-- datagrams')
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.bind(('127.0.0.1', 0))
other.bind(('127.0.0.1', 0))
print('sendto:', one.sendto(message, other.getsockname()))
data, sender = other.recvfrom(1024)
print('recvfrom:', data, sender == one.getsockname())
print('sendto:', other.sendto(message, sender))
data, sender = one.recvfrom(3)
print('recvfrom:', data, sender == other.getsockname())
print('sendto:', failure(one.sendto, b'x' * 65508, other.getsockname()))
one.close()
other.close()

print('-- waiting')
print('gettimeout:', client.gettimeout())
print('settimeout:', client.settimeout(0.05))
print('gettimeout:', client.gettimeout())
print('recv:', failure(client.recv, 1024))
print('setblocking:', client.setblocking(False))
print('gettimeout:', client.gettimeout())
print('recv:', failure(client.recv, 1024))
print('setblocking:', client.setblocking(True))
print('gettimeout:', client.gettimeout())

print('-- backlog')
queue = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
queue.bind('')
queue.listen(literal.backlog)
waiting = []
while True:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.setblocking(False)
    number = s.connect_ex(queue.getsockname())
    if number:
        break
    waiting.append(s)
print('connect_ex:', len(waiting), number)
for s in waiting:
    s.close()
queue.close()

print('-- closing')
print('fileno:', client.fileno() >= 0)
print('close:', client.close())
print('fileno:', client.fileno())
print('recv:', conn.recv(1024))
print('recv:', failure(client.recv, 1024))
print('close:', client.close())
conn.close()
server.close()
left.close()
right.close()

print('-- raw sockets')
for protocol in [0, socket.IPPROTO_ICMP]:
    s = failure(socket.socket, socket.AF_INET, socket.SOCK_RAW, protocol)
    if isinstance(s, OSError):
        print('socket:', s)
    else:
        print('socket:', int(s.family), int(s.type), s.proto)
        s.close()
