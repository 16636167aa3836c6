"""Answers a line of JSON with a line of JSON: what CPython makes of a struct format or of JSON."""

import json
import struct
import sys


def shown(value):
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", "nan" if value != value else struct.pack(">d", value).hex()]
    return ["bytes", value.hex()]


def taken(kind, value):
    if kind == "int":
        return int(value)
    if kind == "float":
        return float("nan") if value == "nan" else struct.unpack(">d", bytes.fromhex(value))[0]
    return bytes.fromhex(value) if kind == "bytes" else value


def answer(question):
    op = question["op"]
    if op == "calcsize":
        return struct.calcsize(question["format"])
    if op == "unpack":
        data = bytes.fromhex(question["data"])
        return [shown(value) for value in struct.unpack(question["format"], data)]
    if op == "pack":
        values = [taken(*value) for value in question["values"]]
        return struct.pack(question["format"], *values).hex()
    if op == "same":
        return [json.loads(a) == json.loads(b) for a, b in question["pairs"]]
    raise ValueError(op)


for line in sys.stdin:
    try:
        reply = {"ok": answer(json.loads(line))}
    except (struct.error, OverflowError, UnicodeEncodeError) as error:
        reply = {"error": str(error)}
    print(json.dumps(reply), flush=True)
