"""Record which lines of a program's own files are executed.

`framecheck mutants` reads this: an input that never reaches a line can't catch a bug there. The
launcher imports this file in the process of a program, and only if a request names a file for
the trace, as `"trace": PATH` (launch.py). It changes no other run of a program.

The program's own files are its main file and the modules that it imports from its directory or
below. So the trace also shows which modules these are. The trace has one line of JSON for each
line of source, written when a process executes that line for the first time:

    {"file": PATH, "lines": [N], "cwd": PATH}

    file    the source, with all symbolic links resolved
    lines   line numbers, from 1: one, or all of a file
    cwd     the program's start directory, which distinguishes the two programs of one play

Each line is one write, so all executed lines are there however the process ends. Threads write to
the same file. A forked child writes its own file, PATH.PID, with only its own lines; its child
writes PATH.PID.PID.

A program that recurses to Python's limit stops its own trace. So when it comes near the limit, the
trace writes all lines of its files that are known by then: the program may reach any of them
unseen. Older interpreters then name a wrong line in its tracebacks.

The first line creates the file. There is no file if the program was not traced: if it could not be
started or compiled, or if the launcher became a new interpreter, because a file beside the program
has the name of a standard module. Then it is unknown which lines it reached.
"""
import _thread
import fcntl
import io
import json
import os
import sys
import threading
from types import FrameType
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

# A high number, so that the program's own descriptors keep their numbers.
DESCRIPTOR_MIN = 500

# The trace stops at this part of the recursion limit; calls from C also count, besides the frames.
DEEP_PART = 4

# The directories of Python's own and of installed modules.
LIBRARY = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
INSTALLED = ('site-packages', 'dist-packages')

# Kept here, because the program may replace what this file uses.
ENCODE = json.JSONEncoder().encode
WRITE, OPEN, CLOSE, GETPID = os.write, os.open, os.close, os.getpid
LIMIT = sys.getrecursionlimit


class Trace:
    """The file of the trace, and the lines that are in it."""

    def __init__(self, path: str, program: str) -> None:
        self.path = path
        self.cwd = os.getcwd()
        places = (program, os.path.realpath(program))
        self.directories = tuple({os.path.join(os.path.dirname(it), '') for it in places})
        self.descriptor = -1
        self.seen: Set[Tuple[str, int]] = set()
        # From a code object's file name to its path, or None for a file that is not the program's.
        self.paths: Dict[str, Optional[str]] = {}
        self.is_whole = True

    def own(self, name: str) -> Optional[str]:
        if name not in self.paths:
            path = os.path.join(self.cwd, name)
            is_own = path.startswith(self.directories) and not path.startswith(LIBRARY) \
                and not any(os.sep + it + os.sep in path for it in INSTALLED) \
                and os.path.isfile(path)
            self.paths[name] = os.path.realpath(path) if is_own else None
        return self.paths[name]

    def enter(self, frame: FrameType, event: str, _: Any) -> Optional[Callable[..., Any]]:
        """Called where a function begins; Python calls its result at each line."""
        if self.is_whole and depth_of(frame) > LIMIT() // DEEP_PART:
            self.is_whole = False
            self.give_up()
        return self.line if self.own(frame.f_code.co_filename) is not None else None

    def give_up(self) -> None:
        """Write all lines: the trace ends when there is no stack for a function of this file."""
        for path in filter(None, list(self.paths.values())):
            with io.FileIO(path) as source:
                count = source.readall().count(b'\n') + 1
            self.write(path, list(range(1, count + 1)))

    def line(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        if event == 'line':
            at = frame.f_code.co_filename, frame.f_lineno
            if at not in self.seen:
                self.seen.add(at)
                self.write(self.paths[at[0]], [at[1]])
        return self.line

    def write(self, path: Optional[str], numbers: List[int]) -> None:
        note = ENCODE({'file': path, 'lines': numbers, 'cwd': self.cwd})
        try:
            if self.descriptor < 0:
                opened = OPEN(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                self.descriptor = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, DESCRIPTOR_MIN)
                CLOSE(opened)
            WRITE(self.descriptor, note.encode('ascii') + b'\n')
        except OSError:
            pass

    def begin_anew(self) -> None:
        """In a forked child: continue in its own file."""
        if self.descriptor >= 0:
            CLOSE(self.descriptor)
        self.descriptor = -1
        self.seen = set()
        self.is_whole = True
        self.path = f'{self.path}.{GETPID()}'


def depth_of(frame: FrameType) -> int:
    depth = 0
    at: Optional[FrameType] = frame
    while at is not None:
        depth += 1
        at = at.f_back
    return depth


def install(path: str, program: str) -> None:
    """From now on, write which lines of the program this process executes to this file."""
    trace = Trace(path, program)
    plain = _thread.start_new_thread

    def start_new_thread(function: Callable[..., Any], *rest: Any) -> int:
        def traced(*arguments: Any, **named: Any) -> None:
            sys.settrace(trace.enter)
            function(*arguments, **named)
        return plain(traced if callable(function) else function, *rest)

    _thread.start_new_thread = start_new_thread
    os.register_at_fork(after_in_child=trace.begin_anew)
    threading.settrace(trace.enter)
    sys.settrace(trace.enter)
