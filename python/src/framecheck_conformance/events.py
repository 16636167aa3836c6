"""One run of framecheck that several pytest processes read.

`Room` is a directory that all processes of a pytest session share. The first process that needs
something starts framecheck; the others wait for it at a lock, or read the file of its events.
This module knows nothing of pytest.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import threading
import time
from typing import Any, Dict, Iterator, List, Optional, Sequence

Event = Dict[str, Any]

# How often a process looks for new events, in seconds.
POLL_SECONDS = 0.02
# How long framecheck may take to end its programs after SIGTERM, in seconds.
STOP_SECONDS = 15


class FramecheckError(Exception):
    """framecheck could not do its work. The text is what it said on standard error."""


def last_words(stderr: str) -> str:
    """What framecheck said in the end, without the lines of progress before it."""
    lines = stderr.strip().splitlines()
    begins = [
        at for at, line in enumerate(lines) if line.lower().startswith(("error", "framecheck:"))
    ]
    return "\n".join(lines[begins[-1] if begins else 0 :])


class Room:
    """The shared directory of a session, and the one run of framecheck in it.

    `command` is the program, `run` and its options, without `--format`, `--list` and `--only`.
    """

    def __init__(self, path: str, command: Sequence[str], cwd: str) -> None:
        self.path = path
        self.command = list(command)
        self.cwd = cwd
        self._results: Dict[str, Event] = {}
        self._ended: Optional[Event] = None
        self._offset = 0
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._waiter: Optional[threading.Thread] = None

    def _at(self, name: str) -> str:
        return os.path.join(self.path, name)

    def _read(self, name: str) -> Optional[str]:
        try:
            with open(self._at(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def _write(self, name: str, text: str) -> None:
        """Writes a file that is there whole or not at all."""
        temporary = self._at(f"{name}.{os.getpid()}")
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, self._at(name))

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with open(self._at("lock"), "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def cases(self) -> List[Event]:
        """Every case of the run, as `framecheck run --list` gives them: `id` and `input`.

        Raises FramecheckError if framecheck ends with another status than 0.
        """
        with self._lock():
            text = self._read("list")
            if text is None:
                command = [*self.command, "--list", "--format", "json"]
                done = subprocess.run(
                    command, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1
                )
                said = done.stderr.decode("utf-8", "replace")
                failed = {"status": done.returncode, "error": last_words(said)}
                text = json.dumps(failed) if done.returncode else done.stdout.decode("utf-8")
                self._write("list", text)
        listed = [json.loads(line) for line in text.splitlines()]
        if listed and "error" in listed[0]:
            raise FramecheckError(
                listed[0]["error"] or "framecheck ended with status {status}".format(**listed[0])
            )
        return listed

    def start(self, ids: Sequence[str], everything: bool) -> None:
        """Starts framecheck with these cases, unless a process of this session has done so."""
        with self._lock():
            if self._read("pid") is not None:
                return
            command = [*self.command, "--format", "json"]
            if not everything:
                self._write("only", "".join(one + "\n" for one in ids))
                command += ["--only", self._at("only")]
            with open(self._at("events"), "wb") as out, open(self._at("stderr"), "wb") as err:
                self._process = subprocess.Popen(
                    command, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err
                )
            self._write("pid", str(self._process.pid))
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        self._waiter.start()

    def _wait(self) -> None:
        assert self._process is not None
        self._write("status", str(self._process.wait()))

    def _is_over(self) -> bool:
        if self._read("status") is not None:
            return True
        # The process that started framecheck may have died, and then no process writes its status.
        try:
            os.kill(int(self._read("pid") or 0), 0)
        except ProcessLookupError:
            return True
        return False

    def _read_events(self) -> None:
        with open(self._at("events"), "rb") as file:
            file.seek(self._offset)
            whole = file.read().rpartition(b"\n")[0]
        if not whole:
            return
        self._offset += len(whole) + 1
        for line in whole.split(b"\n"):
            event = json.loads(line)
            if event["event"] == "finished":
                self._results[event["id"]] = event
            elif event["event"] == "ended":
                self._ended = event

    def result(self, case: str) -> Event:
        """The event of this case, once it has been played. `start` comes first.

        Raises FramecheckError if framecheck ends without it.
        """
        while True:
            over = self._is_over()
            self._read_events()
            if case in self._results:
                return self._results[case]
            if over:
                raise FramecheckError(self._why_not_played())
            time.sleep(POLL_SECONDS)

    def _why_not_played(self) -> str:
        gone = (self._ended or {}).get("not_played", [])
        if gone:
            return "not played: " + "; ".join(one["why"] for one in gone)
        said = last_words(self._read("stderr") or "")
        status = self._read("status")
        ending = "framecheck ended before it had played this case"
        if status is not None:
            ending += ", with status " + status
        return ending + (":\n" + said if said else "")

    def was_played(self) -> bool:
        """Whether any process of the session has started framecheck."""
        return os.path.exists(self._at("events"))

    def complaints(self) -> List[str]:
        """What makes the run fail besides its cases; empty if it has not ended."""
        if not self.was_played():
            return []
        self._read_events()
        ended = self._ended or {}
        unmatched = [
            f"no case of this run matches the expected failure {one!r}"
            for one in ended.get("unmatched", [])
        ]
        gone = [
            "not played: {why} ({cases} cases)".format(**one) for one in ended.get("not_played", [])
        ]
        return unmatched + gone

    def tell_to_stop(self) -> None:
        """Tells the process that started framecheck that no one waits for results any more."""
        self._write("stop", "")

    def finish(self, wait_for_others: bool) -> None:
        """Ends framecheck if this process started it and it still runs.

        Where other processes may wait for results, framecheck goes on until its end or until one
        of them tells it to stop.
        """
        if self._process is None or self._waiter is None:
            return
        while wait_for_others and self._process.poll() is None and self._read("stop") is None:
            time.sleep(POLL_SECONDS)
        # The waiter may have reaped it a moment ago: Python 3.8 then raises ProcessLookupError.
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
                self._waiter.join(STOP_SECONDS)
            if self._process.poll() is None:
                self._process.kill()
        self._waiter.join()
