"""Times json.loads and json.dumps, for `cargo bench`.

Each line of standard input is a request. `text` and a document's bytes in hexadecimal are answered
with `sys.version_info`; `loads`, `loads_bytes` or `dumps` with the nanoseconds that one call takes.
"""

import json
import sys
import time
from typing import Any, Callable

# How long a request may take.
SECONDS = 0.02


def nanoseconds(call: Callable[[], Any]) -> float:
    once = max(measure(call, 1), 100)
    return measure(call, max(1, int(SECONDS * 1e9 / once)))


def measure(call: Callable[[], Any], number: int) -> float:
    calls = range(number)
    start = time.perf_counter_ns()
    for _ in calls:
        call()
    return (time.perf_counter_ns() - start) / number


def main() -> None:
    calls: dict[str, Callable[[], Any]] = {}
    for line in sys.stdin:
        name, _, argument = line.strip().partition(" ")
        if name == "text":
            data = bytes.fromhex(argument)
            text = data.decode("utf-8")
            value = json.loads(text)
            calls = {
                "loads": lambda text=text: json.loads(text),
                "loads_bytes": lambda data=data: json.loads(data),
                "dumps": lambda value=value: json.dumps(value),
            }
            print(*sys.version_info[:3], sep=".", flush=True)
        else:
            print(nanoseconds(calls[name]), flush=True)


if __name__ == "__main__":
    main()
