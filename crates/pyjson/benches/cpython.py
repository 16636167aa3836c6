"""Times json.loads and json.dumps of the documents on standard input, for `cargo bench`.

Each line is a document's bytes in hexadecimal; each answer is the seconds that one loads of the
text and one dumps of its value take, at best, and `sys.version_info`.
"""

import json
import sys
import timeit
from typing import Any, Callable


def seconds(call: Callable[[], Any]) -> float:
    timer = timeit.Timer(call)
    number = max(1, int(0.05 / max(timer.timeit(1), 1e-7)))
    return min(timer.repeat(5, number)) / number


def main() -> None:
    for line in sys.stdin:
        text = bytes.fromhex(line).decode("utf-8")
        value = json.loads(text)
        loads = seconds(lambda text=text: json.loads(text))  # type: ignore[misc]
        dumps = seconds(lambda value=value: json.dumps(value))  # type: ignore[misc]
        print(json.dumps([loads, dumps, sys.version_info[:3]]), flush=True)


if __name__ == "__main__":
    main()
