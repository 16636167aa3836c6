"""Stores texts under keys: put KEY VALUE, get KEY, list and quit.

    python3 client.py HOST PORT
"""
import json
import socket
import sys
import time

MAX_DATAGRAM = 65507
MAX_REQUEST = 8192
TIMEOUT = 2.0


def request_of(number, typed):
    """The request that a typed line stands for, or None."""
    op, _, rest = typed.partition(" ")
    if op == "put":
        key, _, value = rest.partition(" ")
        return {"id": number, "op": "put", "key": key, "value": value}
    if op == "get":
        return {"id": number, "op": "get", "key": rest}
    if typed == "list":
        return {"id": number, "op": "list"}
    return None


def receive_answer(sock, number):
    """The answer with this id. Anything else that comes is not meant."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("no answer within %g seconds" % TIMEOUT)
        sock.settimeout(left)
        datagram = sock.recv(MAX_DATAGRAM)
        try:
            answer = json.loads(datagram.decode("utf-8"))
        except (ValueError, RecursionError):
            continue
        if isinstance(answer, dict) and answer.get("id") == number:
            return answer


def show(op, answer):
    if not answer["ok"]:
        print("error:", answer["error"], flush=True)
    elif op == "put":
        print("stored, %d in all" % answer["count"], flush=True)
    elif op == "get":
        print(answer["value"], flush=True)
    else:
        for key in answer["keys"]:
            print("- " + key, flush=True)


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((sys.argv[1], int(sys.argv[2])))
    number = 0
    for line in sys.stdin:
        typed = line.rstrip("\n")
        if typed == "quit":
            break
        request = request_of(number + 1, typed)
        if request is None:
            print("put KEY VALUE, get KEY, list or quit", flush=True)
            continue
        datagram = json.dumps(request).encode("ascii")
        if len(datagram) > MAX_REQUEST:
            print("that is too long for a datagram", flush=True)
            continue
        number += 1
        sock.send(datagram)
        show(request["op"], receive_answer(sock, number))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, LookupError, TypeError) as error:
        sys.exit("error: %s" % error)
