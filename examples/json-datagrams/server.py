"""Keeps texts under keys, a table for each client's address. A JSON object a datagram.

    python3 server.py HOST PORT
"""
import json
import socket
import sys

MAX_REQUEST = 8192
MAX_TABLES = 64


def work(table, request):
    """What the request gives, besides its id."""
    op, key = request.get("op"), request.get("key")
    if op == "list":
        return {"ok": True, "keys": sorted(table)}
    if op not in ("put", "get"):
        return {"ok": False, "error": "no such op"}
    if not isinstance(key, str) or key == "":
        return {"ok": False, "error": "no key"}
    if op == "get":
        if key not in table:
            return {"ok": False, "error": "not found"}
        return {"ok": True, "value": table[key]}
    value = request.get("value")
    if not isinstance(value, str):
        return {"ok": False, "error": "no value"}
    table[key] = value
    return {"ok": True, "count": len(table)}


def answer_to(tables, address, datagram):
    """The answer's bytes, or None for a datagram that is no request."""
    try:
        request = json.loads(datagram.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(request, dict) or type(request.get("id")) is not int:
        return None
    if address not in tables and len(tables) >= MAX_TABLES:
        del tables[next(iter(tables))]  # the oldest
    table = tables.setdefault(address, {})
    answer = {"id": request["id"]}
    answer.update(work(table, request))
    return json.dumps(answer).encode("ascii")


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((sys.argv[1], int(sys.argv[2])))
    tables = {}
    while True:
        try:
            datagram, address = server.recvfrom(MAX_REQUEST)
            answer = answer_to(tables, address, datagram)
            if answer is not None:
                server.sendto(answer, address)
        except OSError as error:
            print("a client is lost:", error, file=sys.stderr)


if __name__ == "__main__":
    main()
