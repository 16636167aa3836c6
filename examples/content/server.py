"""Answers one request a connection: a search, or the begin of something binary.

    python3 server.py HOST PORT
"""
import json
import socket
import struct
import sys

MAX_CONTENT = 1024 * 1024
ANSWERS = {
    "lighthouse": "Keep it on the left side until the bell buoy.",
    "breakfast": "From seven o'clock, in the room with the piano. \u2615",
    "\U0001f511": "\U0001f6aa Third door, and turn it twice.",
}


def receive_exactly(sock, size):
    data = b""
    while len(data) < size:
        chunk = sock.recv(min(size - len(data), 65536))
        if not chunk:
            raise ConnectionError("the connection ended inside a message")
        data += chunk
    return data


def receive_message(sock):
    (size,) = struct.unpack(">H", receive_exactly(sock, 2))
    header = json.loads(receive_exactly(sock, size).decode("utf-8"))
    for key in ("byteorder", "content-type", "content-encoding", "content-length"):
        if key not in header:
            raise ValueError("a header without %s" % key)
    length = header["content-length"]
    if type(length) is not int or not 0 <= length <= MAX_CONTENT:
        raise ValueError("a content-length that is no length")
    return header, receive_exactly(sock, length)


def message(content, content_type, encoding):
    header = {
        "byteorder": "little",
        "content-type": content_type,
        "content-encoding": encoding,
        "content-length": len(content),
    }
    header_bytes = json.dumps(header, ensure_ascii=False).encode("utf-8")
    return struct.pack(">H", len(header_bytes)) + header_bytes + content


def answer_to(header, content):
    if header["content-type"] != "text/json":
        first = b"First 10 bytes of request: " + content[:10]
        return message(first, "binary/custom-server-binary-type", "binary")
    request = json.loads(content.decode("utf-8"))
    action, value = request["action"], request["value"]
    if not isinstance(action, str) or not isinstance(value, str):
        raise ValueError("a request that is no text")
    if action == "search":
        result = ANSWERS.get(value, "No match for '%s'." % value)
    else:
        result = "Error: invalid action '%s'." % action
    answer = json.dumps({"result": result}, ensure_ascii=False).encode("utf-8")
    return message(answer, "text/json", "utf-8")


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((sys.argv[1], int(sys.argv[2])))
    server.listen(5)
    while True:
        conn, _ = server.accept()
        with conn:
            try:
                conn.sendall(answer_to(*receive_message(conn)))
            except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
                print("a client is lost:", error, file=sys.stderr)


if __name__ == "__main__":
    main()
