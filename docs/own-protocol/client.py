import json, socket, struct, sys


def exactly(sock, n):
    data = b""
    while len(data) < n:
        part = sock.recv(n - len(data))
        if not part:
            sys.exit("the server left in the middle")
        data += part
    return data


with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as sock:
    while True:
        command = input(">>: ")
        if command == "quit":
            break
        name = command.split(" ", 1)[1]
        with open(name, "rb") as file:
            body = file.read()
        request = json.dumps({"filename": name, "filesize": len(body)}).encode()
        sock.sendall(struct.pack("i", len(request)) + request + body)
        answer = json.loads(exactly(sock, struct.unpack("i", exactly(sock, 4))[0]))
        print("saved as", answer["saved"])
