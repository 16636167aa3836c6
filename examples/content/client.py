"""Sends one request, which its user types, and shows the answer.

    python3 client.py HOST PORT

    search TEXT     asks for a text, as JSON
    binary TEXT     sends the text's bytes
    file NAME       sends a file's bytes

A binary answer goes to the file answer.bin.
"""
import json
import os
import socket
import struct
import sys

MAX_CONTENT = 1024 * 1024


def receive_exactly(sock, size):
    data = b""
    while len(data) < size:
        chunk = sock.recv(min(size - len(data), 65536))
        if not chunk:
            raise ConnectionError("the connection ended inside the answer")
        data += chunk
    return data


def receive_message(sock):
    (size,) = struct.unpack(">H", receive_exactly(sock, 2))
    header = json.loads(receive_exactly(sock, size).decode("utf-8"))
    length = header["content-length"]
    if type(length) is not int or not 0 <= length <= MAX_CONTENT:
        raise ValueError("a content-length that is no length")
    return header["content-type"], receive_exactly(sock, length)


def message(content, content_type, encoding):
    header = {
        "byteorder": "little",
        "content-type": content_type,
        "content-encoding": encoding,
        "content-length": len(content),
    }
    header_bytes = json.dumps(header, ensure_ascii=False).encode("utf-8")
    return struct.pack(">H", len(header_bytes)) + header_bytes + content


def request_of(line):
    action, _, value = line.partition(" ")
    if action == "binary":
        content = value.encode("utf-8")
    elif action == "file":
        with open(value, "rb") as file:
            content = file.read()
    else:
        request = json.dumps({"action": action, "value": value}, ensure_ascii=False)
        return message(request.encode("utf-8"), "text/json", "utf-8")
    return message(content, "binary/custom-client-binary-type", "binary")


def store(name, content):
    part = name + ".part"
    try:
        with open(part, "wb") as file:
            file.write(content)
        os.replace(part, name)
    except BaseException:
        if os.path.exists(part):
            os.remove(part)
        raise


def main():
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    request = request_of(input())
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
        sock.sendall(request)
        content_type, content = receive_message(sock)
    if content_type == "text/json":
        print(json.loads(content.decode("utf-8"))["result"])
    else:
        store("answer.bin", content)
        print("answer.bin: %d bytes" % len(content))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        sys.exit("error: %s" % error)
