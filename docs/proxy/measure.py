"""Holds `framecheck proxy` against a plain relay made with tokio, under 1,000 connections at once.

Usage: measure.py [--repeats N] [--seconds S] [--connections N] [--load python|fast] ...

Build first: cargo build --release -p framecheck --examples

Two loads, both of examples/getput:

- python: the reference's two programs. Each client is client.py in a process of its own, which gets a small
  file over and over. The server is serve() of server.py, in a thread for each connection: by itself it serves
  one client after another.
- fast: crates/conformance/examples/relay_load.rs, which does nothing but send and receive.

The relay, the proxy and the proxy with --out take turns. The medians of their rates are compared, and the
processor time that each takes for a request. At last, one client of 1,000 sends one wrong frame.
"""

import argparse
import importlib.util
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILT = os.path.join(ROOT, "target", "release")
GETPUT = os.path.join(ROOT, "examples", "getput")
PROTOCOL = os.path.join(GETPUT, "getput.toml")
TICKS = os.sysconf("SC_CLK_TCK")


def listening(command, **options):
    """Starts a program and waits for the address that it listens on."""
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    line = program.stdout.readline()
    if not line.startswith("listening on "):
        sys.exit("%s: expected its address, found %r" % (command[0], line))
    return program, line.split()[-1]


def processor_seconds(pid):
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def module(name):
    spec = importlib.util.spec_from_file_location(name, os.path.join(GETPUT, name + ".py"))
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def serve_python(directory):
    """The reference's server, in a process of its own, with a thread for each connection."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    address = "%s:%d" % listener.getsockname()
    pid = os.fork()
    if pid:
        listener.close()
        return pid, address
    os.chdir(directory)
    with open("small.txt", "w") as file:
        file.write("abc")
    server = module("server")

    def serve(conn):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with conn:
            try:
                server.serve(conn)
            except OSError:
                pass  # the client was ended

    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(conn,), daemon=True).start()


def ask_python(address, count, seconds, directory):
    """Requests a second of so many clients, each the reference's client in a process of its own."""
    client = module("client")
    each = max(1, int(6 * seconds))
    typed = "get small.txt\n" * each + "quit\n"
    host, port = address.rsplit(":", 1)
    is_over, over = os.pipe()
    pids = []
    for number in range(count):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.close(over)
                own = os.path.join(directory, "client-%d" % number)
                os.makedirs(own, exist_ok=True)
                os.chdir(own)
                with open("typed", "w") as file:
                    file.write(typed)
                sys.stdin = open("typed")
                sys.stdout = open(os.devnull, "w")
                sys.argv = ["client.py", host, port]
                os.read(is_over, 1)  # until all are there
                client.main()
                status = 0
            finally:
                os._exit(status)
        pids.append(pid)
    os.close(is_over)
    began = time.monotonic()
    os.close(over)
    failed = sum(os.waitpid(pid, 0)[1] != 0 for pid in pids)
    took = time.monotonic() - began
    if failed:
        sys.exit("%d clients failed" % failed)
    return count * each / took, count * each


def ask_fast(address, count, seconds, *more):
    command = [os.path.join(BUILT, "examples", "relay_load"), "ask", address, str(count)]
    command += [str(seconds), "40", *more]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(said), float(said) * seconds


def contenders(to, scratch):
    proxy = [os.path.join(BUILT, "framecheck"), "proxy", "--listen", "127.0.0.1:0", "--to", to]
    proxy += ["--protocol", PROTOCOL]
    return {
        "relay": [os.path.join(BUILT, "examples", "relay"), "127.0.0.1:0", to],
        "proxy": proxy,
        "proxy --out": [*proxy, "--out", os.path.join(scratch, "wire.pcapng")],
    }


def measure(load, args, scratch):
    if load == "python":
        server, to = serve_python(scratch)
    else:
        program, to = listening([os.path.join(BUILT, "examples", "relay_load"), "serve"])
        server = program.pid
    all_of_them = contenders(to, scratch)
    rates = {name: [] for name in all_of_them}
    costs = {name: [] for name in all_of_them}
    names = list(all_of_them)
    for turn in range(args.repeats):
        for name in names[turn % 3:] + names[: turn % 3]:
            program, address = listening(all_of_them[name])
            if load == "python":
                rate, requests = ask_python(address, args.connections, args.seconds, scratch)
            else:
                rate, requests = ask_fast(address, args.connections, args.seconds)
            rates[name].append(rate)
            costs[name].append(processor_seconds(program.pid) / requests * 1e6)
            program.send_signal(signal.SIGTERM)
            said = program.communicate()[0]
            if name != "relay" and program.returncode != 0:
                sys.exit("%s: status %d\n%s" % (name, program.returncode, said))
    os.kill(server, signal.SIGKILL)
    print("%s load, %d connections, %d turns:" % (load, args.connections, args.repeats))
    for name in names:
        rate, cost = statistics.median(rates[name]), statistics.median(costs[name])
        paired = statistics.median(own / relay for own, relay in zip(rates[name], rates["relay"]))
        share = rate / statistics.median(rates["relay"])
        print(
            "  %-12s %8.0f requests a second, %5.1f us of a processor each; "
            "%3.0f %% of the relay, turn by turn %3.0f %%"
            % (name, rate, cost, 100 * share, 100 * paired)
        )


def find_wrong(args, scratch):
    program, to = listening([os.path.join(BUILT, "examples", "relay_load"), "serve"])
    proxy, address = listening(contenders(to, scratch)["proxy --out"])
    ask_fast(address, args.connections, 1, "wrong")
    proxy.send_signal(signal.SIGTERM)
    said = proxy.communicate()[0]
    program.kill()
    print("one wrong frame among %d connections, exit status %d:" % (args.connections, proxy.returncode))
    print("".join("  %s\n" % line for line in said.splitlines()), end="")
    if proxy.returncode != 1 or not re.search(r"^FAIL  1 mistake in 1 direction$", said, re.M):
        sys.exit("expected one mistake")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--load", action="append", choices=["python", "fast"])
    args = parser.parse_args()
    print("load average before: %.1f %.1f %.1f" % os.getloadavg())
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as scratch:
        for load in args.load or ["python", "fast"]:
            measure(load, args, scratch)
            sys.stdout.flush()
        find_wrong(args, scratch)


if __name__ == "__main__":
    main()
