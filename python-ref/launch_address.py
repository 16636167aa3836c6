"""Redirect the address in a program's source to the one that the harness has chosen.

    python3 -u launch_address.py OWN REAL PROGRAM [ARG...]

An address is `127.0.0.1:9001` or `[::1]:9001`. When a socket of the program binds, connects or sends to
OWN's port, on any host that is this machine, it uses REAL instead. When the program asks for the address
of a socket, it gets OWN. Other addresses stay unchanged, and so do sockets that Python's `socket` module
did not make.

launch.py imports this for the programs that it forks. This file imports little: a program must find the
files beside it, also those with the name of a standard module.
"""
import os
import socket
import sys
import weakref

# The names by which a program may call this machine.
LOCAL = frozenset(['', '0.0.0.0', 'localhost', '::', '::1', '::ffff:127.0.0.1', '::ffff:0.0.0.0'])
# The meaning of a wildcard, and of a name of this machine, by family.
WILDCARD = {socket.AF_INET: '0.0.0.0', socket.AF_INET6: '::'}
LOOPBACK = {socket.AF_INET: '127.0.0.1', socket.AF_INET6: '::1'}


class Redirect:
    """Changes addresses between a program and its sockets."""

    def __init__(self, own: str, real: str) -> None:
        self.own_host, self.own_port = parsed(own)
        self.real_host, self.real_port = parsed(real)
        # The hosts that sockets were bound and connected to, in the program's words.
        self.bound = weakref.WeakKeyDictionary()
        self.connected = weakref.WeakKeyDictionary()

    def is_local(self, host: object) -> bool:
        host = text(host)
        return (host in LOCAL or host == self.own_host or host.startswith('127.')
                or host == socket.gethostname())

    def real(self, sock: socket.socket, address: object) -> object:
        """The address to use instead of this one; None to leave it unchanged."""
        if (sock.family not in LOOPBACK or not isinstance(address, tuple) or len(address) < 2
                or address[1] != self.own_port or not self.is_local(address[0])):
            return None
        is_v6 = ':' in self.real_host
        if (sock.family == socket.AF_INET6) == is_v6:
            host = self.real_host
        elif is_v6:
            host = LOOPBACK[socket.AF_INET]
        elif sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
            host = LOOPBACK[socket.AF_INET6]
        else:
            host = '::ffff:' + self.real_host
        return (host, self.real_port) + address[2:]

    def shown(self, sock: socket.socket, address: object, hosts: object) -> object:
        """The address that the program sees instead of this one."""
        if (not isinstance(address, tuple) or len(address) < 2 or address[1] != self.real_port
                or not self.is_local(address[0])):
            return address
        host = hosts.get(sock, self.own_host)
        if host == '' or host in WILDCARD.values():
            # Connecting to a wildcard means connecting to the machine itself.
            host = (WILDCARD if hosts is self.bound else LOOPBACK)[sock.family]
        elif (':' in host) != (sock.family == socket.AF_INET6) or not is_numeric(host):
            host = LOOPBACK[sock.family]
        return (host, self.own_port) + address[2:]


def parsed(address: str) -> tuple:
    """The host and the port of an address."""
    host, _, port = address.rpartition(':')
    return host.strip('[]'), int(port)


def text(host: object) -> str:
    """A host, which may be given as bytes."""
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode('ascii', 'replace')
    return host if isinstance(host, str) else ''


def is_numeric(host: str) -> bool:
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        socket.inet_pton(family, host)
    except OSError:
        return False
    return True


def redirect(own: str, real: str) -> None:
    """Redirect every socket of this process from now on."""
    to = Redirect(own, real)

    def replace(name: str, make: object) -> None:
        original = getattr(socket.socket, name)
        method = make(original)
        method.__name__, method.__doc__ = name, original.__doc__
        method.__qualname__ = original.__qualname__
        setattr(socket.socket, name, method)

    def going_to(hosts: object) -> object:
        def make(original: object) -> object:
            def method(self: socket.socket, address: object) -> object:
                real = to.real(self, address)
                if real is None:
                    return original(self, address)
                hosts[self] = text(address[0])
                return original(self, real)
            return method
        return make

    def sending(index: int) -> object:
        def make(original: object) -> object:
            def method(self: socket.socket, *args: object) -> object:
                given = list(args)
                # The first argument is the data.
                if len(given) > max(index, 1):
                    given[index] = to.real(self, given[index]) or given[index]
                return original(self, *given)
            return method
        return make

    def telling(hosts: object) -> object:
        def make(original: object) -> object:
            def method(self: socket.socket) -> object:
                return to.shown(self, original(self), hosts)
            return method
        return make

    def receiving(original: object) -> object:
        def method(self: socket.socket, *args: object, **named: object) -> object:
            received = original(self, *args, **named)
            return received[:-1] + (to.shown(self, received[-1], to.connected),)
        return method

    replace('bind', going_to(to.bound))
    replace('connect', going_to(to.connected))
    replace('connect_ex', going_to(to.connected))
    replace('getsockname', telling(to.bound))
    replace('getpeername', telling(to.connected))
    replace('sendto', sending(-1))
    replace('sendmsg', sending(3))
    for name in ('recvfrom', 'recvfrom_into', 'recvmsg', 'recvmsg_into'):
        replace(name, receiving)


def without_this_file(traceback: object) -> object:
    """A traceback without the frames of this file."""
    def next_of_program(at: object) -> object:
        while at is not None and at.tb_frame.f_code.co_filename == __file__:
            at = at.tb_next
        return at
    first = at = next_of_program(traceback)
    while at is not None:
        at.tb_next = next_of_program(at.tb_next)
        at = at.tb_next
    return first


def main() -> None:
    own, real, program = sys.argv[1:4]
    redirect(own, real)
    sys.argv = sys.argv[3:]
    sys.path[0] = os.path.dirname(os.path.realpath(program))
    # For this function's frame, and that of its caller.
    sys.setrecursionlimit(sys.getrecursionlimit() + 2)
    module = type(sys)('__main__')
    module.__dict__.update(__builtins__=__builtins__, __file__=program, __annotations__={})
    sys.modules['__main__'] = module
    try:
        with open(program, 'rb') as source:
            code = compile(source.read(), program, 'exec', dont_inherit=True)
        exec(code, module.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        traceback = without_this_file(error.__traceback__)
        sys.last_type, sys.last_value, sys.last_traceback = type(error), error, traceback
        sys.excepthook(type(error), error.with_traceback(traceback), traceback)
        if type(error) is KeyboardInterrupt:
            import signal
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        sys.exit(1)


if __name__ == '__main__':
    main()
