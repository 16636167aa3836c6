"""Keeps a list of things to do for each connection: a JSON object a line, each way.

    python3 server.py HOST PORT
"""
import json
import socket
import sys
import time
import uuid

MAX_LINE = 65536


def work(items, request):
    """What the request gives, besides the time and the nonce."""
    op = request.get("op")
    if op == "add":
        text = request.get("text")
        if not isinstance(text, str) or text == "":
            return {"ok": False, "error": "nothing to add"}
        items.append({"number": len(items) + 1, "text": text, "done": False})
        return {"ok": True, "number": len(items)}
    if op == "list":
        return {"ok": True, "items": items}
    if op == "done":
        number = request.get("number")
        if type(number) is not int or not 1 <= number <= len(items):
            return {"ok": False, "error": "no such item"}
        items[number - 1]["done"] = True
        return {"ok": True, "text": items[number - 1]["text"]}
    if op == "quit":
        return {"ok": True, "left": sum(not item["done"] for item in items)}
    return {"ok": False, "error": "no such op"}


def serve_client(conn, lines):
    items = []
    while True:
        line = lines.readline(MAX_LINE + 1)
        if not line.endswith(b"\n"):
            return  # the end, or a line that is not whole
        request = json.loads(line.decode("utf-8"))
        if not isinstance(request, dict):
            raise ValueError("a line that is no object")
        answer = work(items, request)
        answer["time"] = time.time()
        answer["nonce"] = uuid.uuid4().hex
        conn.sendall(json.dumps(answer).encode("utf-8") + b"\n")
        if request.get("op") == "quit":
            return


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((sys.argv[1], int(sys.argv[2])))
    server.listen(5)
    while True:
        conn, _ = server.accept()
        with conn, conn.makefile("rb") as lines:
            try:
                serve_client(conn, lines)
            except (OSError, ValueError, RecursionError) as error:
                print("a client is lost:", error, file=sys.stderr)


if __name__ == "__main__":
    main()
