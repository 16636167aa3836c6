"""Ask CPython: one long-lived process that answers questions about json, struct and codecs.

Each line of standard input is a JSON request, and each line of standard output the answer to the
line before it. A request is an object such as `{"op": "loads", "text": "[1,]"}`; an array of them
is a batch, answered by an array. An answer is `{"ok": RESULT}`, or for an exception
`{"error": TYPE, "message": str(exception)}`, with `msg`, `lineno`, `colno` and `pos` too when it
is a JSONDecodeError.

Results that are text or bytes are hexadecimal; text is UTF-8 in which a surrogate is three bytes
(`surrogatepass`). An argument `text` may be given as `text_hex` instead, in the same way. So any
text and any bytes pass, even if the language at the other end does not allow surrogates.

The answers are those of this interpreter. The oracle sets the recursion limit so that a request has
the limits of a call at module level. Runs on CPython 3.6 and later; never writes a file.
"""

import errno
import importlib
import json
import os
import pkgutil
import socket
import struct
import subprocess
import sys
import unittest
from types import FrameType
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

Request = Dict[str, Any]


def text_of(request: Request, name: str) -> str:
    """The text argument `name`, given directly or in hexadecimal as `name_hex`."""
    if name in request:
        return str(request[name])
    return bytes.fromhex(request[name + "_hex"]).decode("utf-8", "surrogatepass")


def source_of(request: Request) -> Union[str, bytes]:
    """What to parse: `data` is bytes in hexadecimal, `text` a str."""
    if "data" in request:
        return bytes.fromhex(request["data"])
    return text_of(request, "text")


def hex_text(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").hex()


def loads(request: Request) -> Any:
    options = request.get("loads")
    # In CPython 3.6 `**` takes a level of recursion, even for an empty dict.
    return json.loads(source_of(request), **options) if options else json.loads(source_of(request))


def dumps(value: Any, request: Request) -> str:
    options = dict(request.get("dumps", {}))
    if "separators" in options:
        options["separators"] = tuple(options["separators"])
    return json.dumps(value, **options) if options else json.dumps(value)


def op_version(request: Request) -> List[int]:
    """`sys.version_info`, its three numbers."""
    return list(sys.version_info[:3])


def op_executable(request: Request) -> str:
    """`sys.executable`: the interpreter itself, even if the command was a wrapper."""
    return hex_text(sys.executable)


def op_loads(request: Request) -> str:
    """`dumps(loads(text or data))`: the accepted value, in a standard spelling, or the exception.

    `loads` and `dumps` hold keyword arguments of the two. Without `dumps`, integers have no limit
    when they are written, so that all exceptions come from `loads`.
    """
    value = loads(request)
    if "dumps" not in request and hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    return hex_text(dumps(value, request))


def op_dumps(request: Request) -> str:
    """`dumps` of `value`, in a notation that does not use JSON's own numbers and strings.

    `null`, `true` and `false` stand for themselves, `["i", "12"]` for an int, `["f", "3ff8..."]`
    for the float of these 64 bits, `["s", HEX]` for a str, `["l", [...]]` for a list and
    `["d", [[HEX, ...], ...]]` for a dict.
    """
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    value = build(request["value"])
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(request.get("int_max_str_digits", 4300))
    return hex_text(dumps(value, request))


def op_dumps_nested(request: Request) -> str:
    """`dumps` of `depth` nested lists, which no request could contain."""
    value: Any = None
    for _ in range(request["depth"]):
        value = [value]
    return hex_text(dumps(value, request))


def build(spelt: Any) -> Any:
    """The value that `op_dumps` is asked about."""
    if not isinstance(spelt, list):
        return spelt
    kind, content = spelt
    if kind == "i":
        return int(content)
    if kind == "f":
        return struct.unpack(">d", bytes.fromhex(content))[0]
    if kind == "s":
        return bytes.fromhex(content).decode("utf-8", "surrogatepass")
    if kind == "l":
        return [build(item) for item in content]
    return {build(["s", key]): build(item) for key, item in content}


def op_suite(request: Request) -> Optional[Dict[str, List[str]]]:
    """The `texts` and `data` that CPython's own tests of json give to `loads` and `scanstring`.

    They are recorded while the tests run. `None` if CPython is installed without its tests.
    """
    try:
        tests = importlib.import_module("test.test_json")
    except ImportError:
        return None
    texts: Dict[str, None] = {}
    data: Dict[str, None] = {}

    def loads(source: Any, **options: Any) -> Any:
        if isinstance(source, str):
            texts[hex_text(source)] = None
        elif isinstance(source, bytes):
            data[source.hex()] = None
        return tests.cjson.loads(source, **options)

    def scanstring(text: str, end: int, strict: bool = True) -> Any:
        texts[hex_text(text[max(end - 1, 0) :])] = None
        return original(text, end, strict)

    def dumps(value: Any, **options: Any) -> str:
        text: str = tests.cjson.dumps(value, **options)
        texts[hex_text(text)] = None
        return text

    original = tests.cjson.decoder.scanstring
    tests.CTest.loads, tests.CTest.dumps = staticmethod(loads), staticmethod(dumps)
    tests.cjson.decoder.scanstring = scanstring
    for found in pkgutil.iter_modules(tests.__path__, "test.test_json."):
        if found.name.rpartition(".")[2].startswith("test_"):
            module = importlib.import_module(found.name)
            loader = unittest.defaultTestLoader
            for case in vars(module).values():
                if isinstance(case, type) and issubclass(case, tests.CTest):
                    loader.loadTestsFromTestCase(case).run(unittest.TestResult())
    tests.cjson.decoder.scanstring = original
    return {"texts": list(texts), "data": list(data)}


def op_repr(request: Request) -> str:
    """`repr` of the value of a JSON `text`, or of the bytes `data`."""
    if "data" in request:
        return hex_text(repr(bytes.fromhex(request["data"])))
    return hex_text(repr(loads(request)))


def op_frame(request: Request) -> str:
    """The frame of the dict in the JSON text `dict`: its length, then its JSON."""
    data = json.dumps(json.loads(text_of(request, "dict"))).encode("utf-8")
    return (struct.pack("i", len(data)) + data).hex()


def op_decode(request: Request) -> str:
    """`data.decode(codec, errors)`."""
    data = bytes.fromhex(request["data"])
    return hex_text(data.decode(request.get("codec", "utf-8"), request.get("errors", "strict")))


def op_encode(request: Request) -> str:
    """`text.encode(codec, errors)`."""
    text = text_of(request, "text")
    return text.encode(request.get("codec", "utf-8"), request.get("errors", "strict")).hex()


def op_struct_pack(request: Request) -> str:
    """`struct.pack(format, *values)`."""
    return struct.pack(request["format"], *request["values"]).hex()


def op_upper(request: Request) -> str:
    """`data.upper()`."""
    return bytes.fromhex(request["data"]).upper().hex()


def op_strip(request: Request) -> str:
    """`text.strip()`, or `strip()` of the bytes `data`."""
    if "data" in request:
        return bytes.fromhex(request["data"]).strip().hex()
    return hex_text(text_of(request, "text").strip())


def op_packed_length(request: Request) -> List[str]:
    """What `print` shows of a text's length, of the length packed as an int, and unpacked again."""
    length = len(text_of(request, "text"))
    packed = struct.pack("i", length)
    return [str(length), str(len(packed)), str(struct.unpack("i", packed))]


def op_os_error(request: Request) -> str:
    """`str` of the OSError of the errno called `name`."""
    number = getattr(errno, request["name"])
    return hex_text(str(OSError(number, os.strerror(number))))


def op_raw_socket(request: Request) -> str:
    """Family, type and protocol of a raw socket over IPv4 with this `protocol`, or the error, as `print` shows them."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, request["protocol"]) as raw:
            return hex_text("%d %d %d" % (raw.family, raw.type, raw.proto))
    except OSError as error:
        return hex_text(str(error))


def op_shell(request: Request) -> List[str]:
    """What a shell `command` writes to standard output and error, with empty standard input."""
    done = subprocess.run(
        text_of(request, "command"),
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return [done.stdout.hex(), done.stderr.hex()]


def op_read_frames(request: Request) -> List[Dict[str, Any]]:
    """Read the stream `data` as a right reader does; it holds `count` frames and may break off.

    Returns each frame up to the first that breaks a clause. `clause` is that clause, or null;
    `cut_short` says whether more bytes could have made the frame right; `dict` is the repr of the
    frame's dict, or empty; `name` is its `file_name` as the file system has it, or null if a file
    in the working directory can't have that name; `body` is the body as far as it came.
    """
    data = bytes.fromhex(request["data"])
    frames = []
    for _ in range(request["count"]):
        frame, length = read_frame(data, request["size_key"], request["body_max"])
        frames.append(frame)
        if frame["clause"]:
            break
        data = data[length:]
    return frames


# The default limit of receivers for a dict.
DICT_MAX_BYTES = 1 << 20


def read_frame(data: bytes, size_key: str, body_max: int) -> Tuple[Dict[str, Any], int]:
    """The first frame of `data`, and its length in bytes."""
    frame: Dict[str, Any] = dict(clause=None, cut_short=False, dict="", name=None, body="")

    def refused(clause: str, cut_short: bool = False) -> Tuple[Dict[str, Any], int]:
        frame.update(clause=clause, cut_short=cut_short)
        return frame, 0

    if len(data) < 4:
        return refused("FR-1", cut_short=True)
    length = struct.unpack("i", data[:4])[0]
    if not 0 <= length <= DICT_MAX_BYTES:
        return refused("FR-2")
    text, rest = data[4 : 4 + length], data[4 + length :]
    if len(text) < length:
        return refused("FR-3", cut_short=True)
    try:
        about = json.loads(text)
    except (ValueError, RecursionError):
        return refused("FR-3")
    size = about.get(size_key) if isinstance(about, dict) else None
    if type(size) is not int or not 0 <= size <= body_max:
        return refused("FR-4")
    frame["dict"] = hex_text(repr(about))
    frame["name"] = file_name_of(about)
    frame["body"] = rest[:size].hex()
    if len(rest) < size:
        return refused("FR-5", cut_short=True)
    return frame, 4 + length + size


def file_name_of(about: Dict[str, Any]) -> Optional[str]:
    """The `file_name` in hexadecimal, if a file in the working directory can have it."""
    try:
        name = os.fsencode(about["file_name"])
    except (KeyError, TypeError, UnicodeEncodeError):
        return None
    if name in (b"", b".", b"..") or b"/" in name or b"\0" in name or len(name) > 255:
        return None
    return name.hex()


OPS: Dict[str, Callable[[Request], Any]] = {
    "version": op_version,
    "executable": op_executable,
    "loads": op_loads,
    "dumps": op_dumps,
    "dumps_nested": op_dumps_nested,
    "suite": op_suite,
    "repr": op_repr,
    "frame": op_frame,
    "decode": op_decode,
    "encode": op_encode,
    "struct_pack": op_struct_pack,
    "upper": op_upper,
    "strip": op_strip,
    "packed_length": op_packed_length,
    "os_error": op_os_error,
    "raw_socket": op_raw_socket,
    "read_frames": op_read_frames,
    "shell": op_shell,
}


def error_of(error: Exception) -> Dict[str, Any]:
    answer: Dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, json.JSONDecodeError):
        answer.update(msg=error.msg, lineno=error.lineno, colno=error.colno, pos=error.pos)
    return answer


class Limits:
    """The interpreter's limits; before each request they are reset to those of a new program."""

    def __init__(self) -> None:
        self.recursion = sys.getrecursionlimit()
        self.digits = getattr(sys, "get_int_max_str_digits", int)()

    def reset(self, frames: int) -> None:
        sys.setrecursionlimit(self.recursion + frames)
        if hasattr(sys, "set_int_max_str_digits"):
            sys.set_int_max_str_digits(self.digits)


def answer_one(request: Request, limits: Limits, frames: int) -> Dict[str, Any]:
    op = OPS[request["op"]]
    limits.reset(frames)
    try:
        return {"ok": op(request)}
    except Exception as error:
        return error_of(error)


def frames_above(frame: Optional[FrameType]) -> int:
    """How many frames are between `frame` and module level, including `frame`."""
    count = 0
    while frame is not None and frame.f_code.co_name != "<module>":
        count += 1
        frame = frame.f_back
    return count


def main() -> None:
    limits = Limits()
    # main is counted here; above the function of json lie answer_one, the op and loads or dumps.
    frames = frames_above(sys._getframe()) + 3
    for line in sys.stdin:
        request = json.loads(line)
        if isinstance(request, list):
            answer: Any = []
            for one in request:
                answer.append(answer_one(one, limits, frames))
        else:
            answer = answer_one(request, limits, frames)
        limits.reset(frames)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
