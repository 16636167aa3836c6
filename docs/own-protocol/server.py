import json, os, socket, struct, sys


def exactly(conn, n):
    data = b""
    while len(data) < n:
        part = conn.recv(n - len(data))
        if not part:
            raise ConnectionError("the client left in the middle")
        data += part
    return data


def serve(conn):
    while True:
        head = conn.recv(4)
        if not head:
            return
        head += exactly(conn, 4 - len(head))
        request = json.loads(exactly(conn, struct.unpack("i", head)[0]))
        name, body = request["filename"], exactly(conn, request["filesize"])
        with open(name + ".part", "wb") as file:
            file.write(body)
        os.replace(name + ".part", name)
        answer = json.dumps({"ok": True, "saved": name}).encode()
        conn.sendall(struct.pack("i", len(answer)) + answer)


listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    conn, _ = listener.accept()
    with conn:
        try:
            serve(conn)
        except (OSError, ValueError, KeyError) as error:
            print("error:", error, file=sys.stderr)
