"""Note what a program asks of struct, json, hashlib, zlib and its sockets.

`framecheck learn` reads the notes: they show the meaning of a protocol's bytes. The launcher imports this
file in the process of a program, and only if a request names a file for the notes. It changes no other run
of a program.

The notes are lines of JSON. The first is {"call": "start", "argv": [...], "cwd": PATH}; the others have:

    call    the called function, such as "struct.pack"
    at      "FILE:LINE" of the program: its innermost frame outside of Python's library
    format, bytes    of struct: the format, and the packed or unpacked bytes, in hexadecimal digits
    text, length     of json: the first TEXT_MAX characters of the text, in UTF-8, and its whole length
    kind, digest, length    of hashlib and crc32: the algorithm, the result in hexadecimal digits, and the
                            number of input bytes
    address          of bind and connect
    asked, got       of recv and similar calls, in bytes
    sent             of send and similar calls, in bytes
"""
import binascii
import fcntl
import hashlib
import json
import os
import socket
import struct
import sys
import zlib
from typing import Any, Callable, Dict

# The most notes that a process writes, in case it sends one byte at a time.
NOTES_MAX = 20000
TEXT_MAX = 65536
BYTES_MAX = 256

# A high number, so that the program's own descriptors keep their numbers.
DESCRIPTOR_MIN = 500

LIBRARY = os.path.dirname(os.path.realpath(os.__file__))

# What this file uses must not note itself.
ENCODER = json.JSONEncoder()
ENCODE = json.JSONEncoder.encode


class Notes:
    """The file of the notes. Each note is one write, so notes of several threads don't mix."""

    def __init__(self, path: str) -> None:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.descriptor = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, DESCRIPTOR_MIN)
        os.close(opened)
        self.left = NOTES_MAX

    def write(self, note: Dict[str, Any]) -> None:
        self.left -= 1
        if self.left >= 0:
            try:
                os.write(self.descriptor, ENCODE(ENCODER, note).encode('ascii') + b'\n')
            except OSError:
                self.left = 0

    def call(self, call: str, **what: Any) -> None:
        if self.left > 0:
            self.write(dict(call=call, at=place(), **what))


def place() -> str:
    """The place in the program that made the call."""
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name != __file__ and not name.startswith(('<', LIBRARY)):
            return '{}:{}'.format(os.path.basename(name), frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return ''


def install(path: str, argv: Any) -> None:
    """From now on, write notes about this process's calls to the file at this path."""
    notes = Notes(path)
    notes.write({'call': 'start', 'argv': argv, 'cwd': os.getcwd()})
    hook_struct(notes)
    hook_json(notes)
    hook_digests(notes)
    hook_sockets(notes)


def size_of(data: Any) -> int:
    """Its number of bytes; the called function itself refuses other types."""
    try:
        return memoryview(data).nbytes
    except TypeError:
        return 0


def as_hex(data: Any) -> str:
    return bytes(data)[:BYTES_MAX].hex()


def hook_struct(notes: Notes) -> None:
    plain = struct.Struct

    def named(text: Any) -> str:
        return text.decode('ascii', 'replace') if isinstance(text, bytes) else str(text)

    class Struct(plain):  # type: ignore[misc, valid-type]
        def pack(self, *values: Any) -> bytes:
            packed = super().pack(*values)
            notes.call('struct.pack', format=named(self.format), bytes=as_hex(packed))
            return packed

        def pack_into(self, buffer: Any, offset: int, *values: Any) -> None:
            super().pack_into(buffer, offset, *values)
            packed = super().pack(*values)
            notes.call('struct.pack_into', format=named(self.format), bytes=as_hex(packed))

        def unpack(self, buffer: Any) -> Any:
            values = super().unpack(buffer)
            notes.call('struct.unpack', format=named(self.format), bytes=as_hex(buffer))
            return values

        def unpack_from(self, buffer: Any, offset: int = 0) -> Any:
            values = super().unpack_from(buffer, offset)
            data = bytes(memoryview(buffer)[offset:][:self.size])
            notes.call('struct.unpack_from', format=named(self.format), bytes=as_hex(data))
            return values

        def iter_unpack(self, buffer: Any) -> Any:
            for values in super().iter_unpack(buffer):
                packed = super().pack(*values)
                notes.call('struct.iter_unpack', format=named(self.format), bytes=as_hex(packed))
                yield values

    Struct.__module__, Struct.__qualname__ = 'struct', 'Struct'
    struct.Struct = Struct  # type: ignore[misc]
    struct.pack = lambda text, *values: Struct(text).pack(*values)
    struct.unpack = lambda text, buffer: Struct(text).unpack(buffer)
    struct.iter_unpack = lambda text, buffer: Struct(text).iter_unpack(buffer)

    def pack_into(text: Any, buffer: Any, offset: int, *values: Any) -> None:
        Struct(text).pack_into(buffer, offset, *values)

    def unpack_from(text: Any, buffer: Any, offset: int = 0) -> Any:
        return Struct(text).unpack_from(buffer, offset)

    struct.pack_into, struct.unpack_from = pack_into, unpack_from


def hook_json(notes: Notes) -> None:
    encode, decode = json.JSONEncoder.encode, json.JSONDecoder.decode

    def noted(call: str, text: Any) -> None:
        if isinstance(text, str):
            notes.call(call, text=text[:TEXT_MAX], length=len(text))

    def hooked_encode(self: Any, value: Any) -> str:
        text = encode(self, value)
        noted('json.dumps', text)
        return text

    def hooked_decode(self: Any, text: Any, *rest: Any) -> Any:
        value = decode(self, text, *rest)
        noted('json.loads', text)
        return value

    json.JSONEncoder.encode = hooked_encode  # type: ignore[method-assign]
    json.JSONDecoder.decode = hooked_decode  # type: ignore[method-assign]


class Hash:
    """A hash object that notes its results."""

    def __init__(self, notes: Notes, inner: Any, length: int) -> None:
        self._notes, self._inner, self._length = notes, inner, length

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def update(self, data: Any) -> None:
        self._inner.update(data)
        self._length += size_of(data)

    def copy(self) -> 'Hash':
        return Hash(self._notes, self._inner.copy(), self._length)

    def digest(self, *length: int) -> bytes:
        out = self._inner.digest(*length)
        self._note(out.hex())
        return bytes(out)

    def hexdigest(self, *length: int) -> str:
        out = str(self._inner.hexdigest(*length))
        self._note(out)
        return out

    def _note(self, digest: str) -> None:
        self._notes.call('hashlib', kind=self._inner.name, digest=digest, length=self._length)


def hook_digests(notes: Notes) -> None:
    def hooked(make: Callable[..., Any], skipped: int) -> Callable[..., Any]:
        def made(*arguments: Any, **named: Any) -> Hash:
            inner = make(*arguments, **named)
            data = arguments[skipped] if len(arguments) > skipped else named.get('string', b'')
            return Hash(notes, inner, size_of(data))
        return made

    for name in hashlib.algorithms_guaranteed:
        if hasattr(hashlib, name):
            setattr(hashlib, name, hooked(getattr(hashlib, name), 0))
    hashlib.new = hooked(hashlib.new, 1)  # type: ignore[assignment]
    for module in (zlib, binascii):
        hook_crc(notes, module)


def hook_crc(notes: Notes, module: Any) -> None:
    plain = module.crc32

    def crc32(data: Any, value: int = 0) -> int:
        out = plain(data, value)
        notes.call('crc32', kind='crc32', digest='{:08x}'.format(out & 0xffffffff),
                   length=size_of(data))
        return int(out)

    module.crc32 = crc32


def hook_sockets(notes: Notes) -> None:
    plain = {name: getattr(socket.socket, name) for name in (
        'bind', 'connect', 'connect_ex', 'recv', 'recv_into', 'recvfrom', 'recvfrom_into', 'send',
        'sendall', 'sendto')}

    def addressed(name: str) -> Callable[..., Any]:
        def call(self: Any, address: Any) -> Any:
            shown = [str(part) for part in address] if isinstance(address, tuple) else repr(address)
            notes.call('socket.' + name, address=shown, kind=str(self.type))
            return plain[name](self, address)
        return call

    def receiving(name: str, size: Callable[..., Any], count: Callable[[Any], int]) -> Any:
        def call(self: Any, *arguments: Any, **named: Any) -> Any:
            out = plain[name](self, *arguments, **named)
            notes.call('socket.' + name, asked=size(*arguments, **named), got=count(out))
            return out
        return call

    def sending(name: str) -> Callable[..., Any]:
        def call(self: Any, data: Any, *rest: Any) -> Any:
            notes.call('socket.' + name, sent=size_of(data))
            return plain[name](self, data, *rest)
        return call

    def asked(size: int, *_: Any, **__: Any) -> int:
        return size

    def room(buffer: Any, size: int = 0, *_: Any, **named: Any) -> int:
        return size or named.get('nbytes', 0) or memoryview(buffer).nbytes

    hooks: Dict[str, Any] = {name: addressed(name) for name in ('bind', 'connect', 'connect_ex')}
    hooks.update((name, sending(name)) for name in ('send', 'sendall', 'sendto'))
    hooks['recv'] = receiving('recv', asked, len)
    hooks['recvfrom'] = receiving('recvfrom', asked, lambda out: len(out[0]))
    hooks['recv_into'] = receiving('recv_into', room, int)
    hooks['recvfrom_into'] = receiving('recvfrom_into', room, lambda out: int(out[0]))
    for name, hook in hooks.items():
        setattr(socket.socket, name, hook)
