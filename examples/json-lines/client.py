"""A list of things to do: add TEXT, done N, list and quit.

    python3 client.py HOST PORT
"""
import json
import re
import socket
import sys
import uuid

MAX_LINE = 16 * 1024 * 1024


def request_of(typed):
    """The request that a typed line stands for, or None."""
    verb, _, rest = typed.partition(" ")
    if verb == "add":
        return {"op": "add", "text": rest}
    if verb == "done" and re.fullmatch("[0-9]{1,9}", rest):
        return {"op": "done", "number": int(rest)}
    if typed in ("list", "quit"):
        return {"op": typed}
    return None


def receive_answer(lines):
    line = lines.readline(MAX_LINE)
    if not line.endswith(b"\n"):
        raise ConnectionError("the connection ended before the answer did")
    answer = json.loads(line.decode("utf-8"))
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise ValueError("the answer does not say whether it is ok")
    return answer


def show(request, answer):
    if not answer["ok"]:
        print("error:", answer["error"], flush=True)
    elif request["op"] == "add":
        print("added %d" % answer["number"], flush=True)
    elif request["op"] == "done":
        print("done: " + answer["text"], flush=True)
    elif request["op"] == "list":
        for item in answer["items"]:
            mark = "x" if item["done"] else " "
            print("[%s] %d %s" % (mark, item["number"], item["text"]), flush=True)
    else:
        print("%d left" % answer["left"], flush=True)


def main():
    sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    lines = sock.makefile("rb")
    while True:
        typed = input()
        request = request_of(typed)
        if request is None:
            print("add TEXT, done N, list or quit", flush=True)
            continue
        request["nonce"] = uuid.uuid4().hex
        sock.sendall(json.dumps(request).encode("utf-8") + b"\n")
        show(request, receive_answer(lines))
        if typed == "quit":
            break
    sock.close()


if __name__ == "__main__":
    try:
        main()
    except EOFError:
        pass  # nothing more is typed
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        sys.exit("error: %s" % error)
