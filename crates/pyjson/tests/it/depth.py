"""What CPython says near its limit on recursion, of a call at module level.

Each line of standard input is `COUNT OUTER INNER`. INNER lies in COUNT levels of OUTER, which repeats
from the outermost level on: a level is `[` for a list, and `{` for a dict with the key `k`. INNER is
hexadecimal. The answer is a line: `ok`, or the exception's type and text.

LOWERED levels are taken off the recursion limit that CPython has by itself, and off each COUNT. Its encoder
that is written in Python takes time by the square of the depth.

`CALL` stands for the call that is asked about; the test replaces both. CALL begins with `json.loads(text`
or `json.dumps(value`. For `text`, INNER is JSON; for `value`, it is a Python expression.

Nothing here is in a function: its frame would count. Each call has a process of its own that has made
none before: CPython takes short cuts in code that it has run often. Runs on CPython 3.6 and later.
"""

import json
import os
import sys

sys.setrecursionlimit(sys.getrecursionlimit() - LOWERED)
for line in sys.stdin:
    count, outer, inner = line.rstrip("\n").split(" ")
    count = int(count) - LOWERED
    outer = (outer * (count // len(outer) + 1))[:count]
    inner = bytes.fromhex(inner).decode("utf-8")
    if "CALL".startswith("json.loads"):
        opening = outer.replace("{", '{"k":')
        closing = outer[::-1].replace("{", "}").replace("[", "]")
        text = opening + inner + closing
    else:
        value = eval(inner)
        for level in reversed(outer):
            value = [value] if level == "[" else {"k": value}
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        answer = b"ok"
        try:
            CALL
        except Exception as error:
            answer = "{}: {}".format(type(error).__name__, error).encode("utf-8", "surrogatepass")
        os.write(writer, answer)
        os._exit(0)
    os.close(writer)
    answer = b""
    while True:
        piece = os.read(reader, 65536)
        if not piece:
            break
        answer += piece
    os.close(reader)
    os.waitpid(child, 0)
    sys.stdout.buffer.write(answer + b"\n")
