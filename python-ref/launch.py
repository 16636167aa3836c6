"""Run Python programs, each in a process forked from this warm interpreter.

On a small machine, a fresh interpreter takes 20 to 50 ms to start, a fork about 1 ms. A forked
program sees what `python3 -u PROGRAM ARG...` would show it: its own `__main__`, its arguments,
unbuffered standard streams, default signal handling, the directory of the program first on
sys.path, no other descriptors, and the interpreter's own way to end, with traceback and exit
status. `--fresh` runs one program in a new interpreter instead, to check exactly that.
Three things differ: frames of this file are below the program's, the recursion limit makes up for
them, and some modules are already imported. These are the modules of this file, and the standard
modules that programs import (launch_imports.py). If a file beside a program has the name of one
of them, the forked process becomes a new interpreter.

    python3 launch.py --fresh PROGRAM [ARG...]      become python3 -u PROGRAM ARG...
    python3 -u launch.py --serve                    take requests from standard input

With --serve, standard input is a Unix SOCK_SEQPACKET socket, one JSON object to a message:

    request {"op": "start", "id": N, "program": PATH, "argv": [...], "cwd": PATH}, both absolute,
            with three descriptors attached (SCM_RIGHTS): its standard input, output and error;
            "env": {NAME: VALUE} adds these variables, and asks which processes the program leaves
            behind; "address": [OWN, REAL] makes the program use REAL where its source has OWN
            (launch_address.py); "notes": PATH makes it note its calls (launch_hooks.py);
            "trace": PATH makes it write which of its lines it executes (launch_trace.py)
    answer  {"id": N, "pid": P}
    request {"op": "signal", "id": N, "signal": S}   to the program's whole process group; no answer
    answer  {"id": N, "status": W, "maxrss_kib": K, "left": [[PID, NAME], ...]}
            when it has ended; W is waitpid's status, K the peak memory of it or of a child
    answer  {"id": N, "error": TEXT}                 when it could not be started

When a program ends, this kills everything that is left in its process group. When the other
end of the socket closes, this kills every program and ends.
"""
# ruff: noqa: E402
import sys

# The modules that an interpreter has imported before it looks beside a program.
FRESH = frozenset(sys.modules)

import argparse
import array
import atexit
import contextlib
import gc
import importlib.machinery
import io
import json
import os
import selectors
import signal
import socket
import socketserver  # noqa: F401 (imported here so that no program has to import it after its fork)
import struct  # noqa: F401
import subprocess  # noqa: F401
import threading
import time
import types
import warnings
from typing import Any, Dict, List, NoReturn, Optional, Set, Tuple, Union

REQUEST_MAX_BYTES = 1 << 20

# The flag of a process that is in the kernel's exit.
PF_EXITING = 4

# A program's code, or why it could not be compiled; the program's own process reports that. Or its
# source, if compiling it warns: then that process compiles it.
Code = Union[types.CodeType, Exception, bytes]

# Removes the frames of a redirection from a traceback.
without_hooks: Any = None

# A program to run: its path followed by its arguments, and its code.
Program = Tuple[List[str], Code]

# A process that a program has left behind: its id, and its name.
Left = Tuple[int, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, add_help=True,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument('--serve', action='store_true', help='take requests from standard input')
    mode.add_argument('--fresh', nargs=argparse.REMAINDER, metavar='PROGRAM',
                      help='run one program in a new interpreter')
    options = parser.parse_args()
    if options.fresh is not None:
        if not options.fresh:
            parser.error('--fresh needs a program')
        os.execv(sys.executable, [sys.executable, '-u'] + options.fresh)
    import launch_address
    import launch_imports
    # Programs must not find them: a module of this name beside a program is the program's own.
    del sys.modules[launch_imports.__name__], sys.modules[launch_address.__name__]
    global without_hooks
    without_hooks = launch_address.without_this_file
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=0)
    # Kept here: a child would first have to copy what it frees.
    launcher = Launcher(control, launch_imports, launch_address)
    run_as_main(*launcher.run())


class Launcher:
    """The long-lived parent. `run` returns in each forked child, with the child's program."""

    def __init__(self, control: socket.socket, imports: Any, address: Any) -> None:
        self.control = control
        self.imports = imports
        self.address = address
        self.environment = Environment()
        self.watched: Set[int] = set()
        self.pid_by_id: Dict[int, int] = {}
        self.id_by_pid: Dict[int, int] = {}
        self.code_by_program: Dict[str, Tuple[Any, Code]] = {}
        # A byte arrives here whenever a child has ended, so one wait covers both requests and
        # children.
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(self.wake_write, False)
        self.selector = selectors.DefaultSelector()

    def run(self) -> Program:
        keep_for_good()
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        # Ctrl-C at a terminal reaches the whole foreground group; the harness decides what ends.
        # The signal is blocked, not ignored, so it waits until a new program is ready for it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self.selector.register(self.control, selectors.EVENT_READ)
        self.selector.register(self.wake_read, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.control:
                    request, descriptors = self.receive()
                    if request is None:
                        self.kill_all()
                        os._exit(0)
                    program = self.answer(request, descriptors)
                    if program is not None:
                        return program
                else:
                    self.drain_wakeups()
                    self.reap()

    def receive(self) -> Tuple[Any, List[int]]:
        """One request and its descriptors; (None, []) when the other end has closed."""
        descriptors = array.array('i')
        try:
            message, ancillary, _, _ = self.control.recvmsg(
                REQUEST_MAX_BYTES, socket.CMSG_SPACE(3 * descriptors.itemsize))
        except ConnectionError:
            return None, []
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[:len(data) - len(data) % descriptors.itemsize])
        if not message:
            return None, []
        return json.loads(message.decode('utf-8')), list(descriptors)

    def answer(self, request: Dict[str, Any], descriptors: List[int]) -> Optional[Program]:
        """Carry a request out. Only a forked child gets a program to run from this."""
        if request['op'] == 'signal':
            pid = self.pid_by_id.get(request['id'])
            if pid is not None:
                signal_group(pid, request['signal'])
            return None
        try:
            code = self.compiled(request['program'])
            pid = os.fork()
        except OSError as error:
            self.send({'id': request['id'], 'error': str(error)})
        else:
            if pid == 0:
                try:
                    argv = [request['program']] + request['argv']
                    self.become(request, descriptors)
                    directory = os.path.dirname(os.path.realpath(argv[0]))
                    if self.imports.is_shadowed(directory, FRESH):
                        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
                        redirect = [self.address.__file__] + request['address'] \
                            if 'address' in request else []
                        os.execv(sys.executable, [sys.executable, '-u'] + redirect + argv)
                    self.take_notes(request)
                    return argv, code
                except BaseException as error:
                    os.write(2, 'launch.py: cannot start {}: {}\n'.format(
                        request['program'], error).encode('utf-8', 'replace'))
                    os._exit(127)
            # Both sides do this, so that it is done no matter which runs first.
            try:
                os.setpgid(pid, pid)
            except OSError:
                pass
            if 'env' in request:
                self.watched.add(pid)
            self.pid_by_id[request['id']] = pid
            self.id_by_pid[pid] = request['id']
            self.send({'id': request['id'], 'pid': pid})
        for descriptor in descriptors:
            os.close(descriptor)
        return None

    def compiled(self, program: str) -> Code:
        """The program's code, compiled again only when its file has changed."""
        about = os.stat(program)
        stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
        known = self.code_by_program.get(program)
        if known is None or known[0] != stamp:
            with open(program, 'rb') as source:
                text = source.read()
            known = stamp, compiled_quietly(text, program)
            self.code_by_program[program] = known
            imported = len(sys.modules)
            self.imports.warm(program, text)
            if len(sys.modules) != imported:
                keep_for_good()
        return known[1]

    def become(self, request: Dict[str, Any], descriptors: List[int]) -> None:
        """In the child: close everything of the launcher, and set up what the request says."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.selector.close()
        os.close(self.wake_read)
        os.close(self.wake_write)
        self.control.detach()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.chdir(request['cwd'])
        for name, value in request.get('env', {}).items():
            self.environment.set(name, value)
        if 'address' in request:
            self.address.redirect(*request['address'])

    @staticmethod
    def take_notes(request: Dict[str, Any]) -> None:
        """Note the program's calls if requested, with its own address: so after the redirection."""
        if 'notes' in request:
            import launch_hooks
            del sys.modules[launch_hooks.__name__]
            launch_hooks.install(request['notes'], [request['program']] + request['argv'])
        if 'trace' in request:
            import launch_trace
            del sys.modules[launch_trace.__name__]
            launch_trace.install(request['trace'], request['program'])

    def drain_wakeups(self) -> None:
        try:
            while os.read(self.wake_read, 4096):
                pass
        except BlockingIOError:
            pass

    def reap(self) -> None:
        """Report every ended program, and first kill its group, while its id is still reserved."""
        while self.id_by_pid:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            left = left_in_group(ended.si_pid) if ended.si_pid in self.watched else []
            signal_group(ended.si_pid, signal.SIGKILL)
            pid, status, usage = os.wait4(ended.si_pid, 0)
            self.watched.discard(pid)
            number = self.id_by_pid.pop(pid, None)
            if number is not None:
                del self.pid_by_id[number]
                self.send({'id': number, 'status': status, 'left': left,
                           'maxrss_kib': kibibytes(usage.ru_maxrss)})

    def send(self, answer: Dict[str, Any]) -> None:
        try:
            self.control.send(json.dumps(answer).encode('utf-8'))
        except ConnectionError:
            pass

    def kill_all(self) -> None:
        """Kill every program. When this returns, they have ended."""
        for pid in self.id_by_pid:
            signal_group(pid, signal.SIGKILL)
        for pid in self.id_by_pid:
            os.waitpid(pid, 0)


class Environment:
    """The variables of this process, some of which change as if it had started with them.

    The kernel shows a process's environment as it was at its exec, and a program's children that
    never call exec have no other. So a value is also changed in the memory that the kernel shows,
    if a value of the same length is there.
    """

    def __init__(self) -> None:
        # Where each variable's value begins, and how long it is.
        self.places: Dict[bytes, Tuple[int, int]] = {}
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open('/proc/self/stat', 'rb') as stat:
                # Fields 50 and 51; the third is the first after the name.
                fields = stat.read().rpartition(b')')[2].split()
            address, end = int(fields[47]), int(fields[48])
            with open('/proc/self/mem', 'rb', 0) as memory:
                memory.seek(address)
                block = memory.read(end - address)
            for variable in block.split(b'\0'):
                name, _, value = variable.partition(b'=')
                self.places[name] = address + len(name) + 1, len(value)
                address += len(variable) + 1

    def set(self, name: str, value: str) -> None:
        os.environ[name] = value
        new = os.fsencode(value)
        address, length = self.places.get(os.fsencode(name), (0, -1))
        if length == len(new):
            with contextlib.suppress(OSError), open('/proc/self/mem', 'r+b', 0) as memory:
                memory.seek(address)
                memory.write(new)


def keep_for_good() -> None:
    """Freeze the present objects: no child's collector needs to visit, and so to copy, them."""
    gc.collect()
    if hasattr(gc, 'freeze'):
        gc.freeze()


def compiled_quietly(text: bytes, program: str) -> Code:
    """A program's code. The program's own process reports errors and warnings."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter('always')
        try:
            code: Code = compile(text, program, 'exec', dont_inherit=True)
        except Exception as error:
            code = error
    return text if told else code


def left_in_group(leader: int) -> List[Left]:
    """The processes of a group that live on without its leader; none without /proc."""
    left: List[Left] = []
    try:
        entries = os.listdir('/proc')
    except OSError:
        return left
    for pid in map(int, filter(str.isdigit, entries)):
        with contextlib.suppress(OSError):
            if pid != leader and os.getpgid(pid) == leader:
                name = living_name(pid)
                if name is not None:
                    left.append((pid, name))
    return left


def living_name(pid: int) -> Optional[str]:
    """The name of a process, unless it has ended or is about to.

    A process that a signal is about to end counts as ended together with its leader.
    """
    decided_by = time.monotonic() + 0.02
    while True:
        with open(f'/proc/{pid}/stat', 'rb') as stat:
            name, _, rest = stat.read().partition(b'(')[2].rpartition(b')')
        # Fields 3, 9 and 31 of proc(5): the state, the flags, and the pending signals. The kernel
        # adds SIGKILL to these whenever a signal ends the process.
        fields = rest.split()
        state, flags, waiting = fields[0], int(fields[6]), int(fields[28])
        if state in (b'Z', b'X') or flags & PF_EXITING or waiting & 1 << (signal.SIGKILL - 1):
            return None
        # A process that has taken its signal and is not yet in its exit counts as running.
        if state != b'R' or time.monotonic() >= decided_by:
            return name.decode('utf-8', 'replace')
        os.sched_yield()


def kibibytes(maxrss: int) -> int:
    """The peak memory of a process as the system counts it; macOS counts bytes."""
    return maxrss // 1024 if sys.platform == 'darwin' else maxrss


def signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass


def run_as_main(argv: List[str], code: Code) -> NoReturn:
    """Run a program as `python3 -u` runs it, then end the process as the interpreter would."""
    sys.argv = argv
    if sys.version_info >= (3, 10):
        sys.orig_argv[2:] = argv
    sys.path[0] = os.path.dirname(os.path.realpath(argv[0]))
    sys.stdin = sys.__stdin__ = reopened(sys.stdin, 'r')  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = reopened(sys.stdout, 'w')  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = reopened(sys.stderr, 'w')  # type: ignore[misc]
    sys.modules['__main__'] = main_module(argv[0])
    sys.setrecursionlimit(sys.getrecursionlimit() + frame_count())
    status = 0
    interrupted = False
    try:
        # Everything is ready, so let a Ctrl-C through.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        if isinstance(code, Exception):
            raise code.with_traceback(None)
        if isinstance(code, bytes):
            code = compile(code, argv[0], 'exec', dont_inherit=True)
        # Unlike exec(), a call is as deep on the C stack as the interpreter's own start.
        types.FunctionType(code, sys.modules['__main__'].__dict__)()
    except SystemExit as stop:
        status = exit_status(stop.code)
    except BaseException as error:
        show_exception(error)
        status = 1
        interrupted = type(error) is KeyboardInterrupt
    finish(status, interrupted)


def main_module(program: str) -> types.ModuleType:
    """A `__main__` for the program, like the one that the interpreter made for this file."""
    made = types.ModuleType('__main__')
    made.__dict__.update((name, value) for name, value in globals().items()
                         if name.startswith('__') and name != '__doc__')
    loader = importlib.machinery.SourceFileLoader('__main__', program)
    made.__dict__.update(__loader__=loader, __annotations__={}, __file__=program)
    return made


def frame_count() -> int:
    """How many frames are below the caller's callee: how much deeper than usual a program runs."""
    count = 0
    frame = sys._getframe().f_back
    while frame is not None:
        count += 1
        frame = frame.f_back
    return count


def finish(status: int, interrupted: bool) -> NoReturn:
    """The visible part of an interpreter's end, in its order. The rest only frees memory for a few
    milliseconds, which the kernel frees anyway. `--fresh` shows all of it."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
    except BaseException as error:
        show_ignored(threading, error)
    # By then, exceptions of exit functions have been shown.
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    if not flush_streams():
        status = 120
    # This closes what a program leaves open: objects that only an exception held, then garbage,
    # then its names, oldest first, unless a function refers to all of them; then the collector
    # finds them.
    for name in ('last_type', 'last_value', 'last_traceback', 'last_exc'):
        if hasattr(sys, name):
            setattr(sys, name, None)
    gc.collect()
    sys.modules.pop('__main__')
    gc.collect()
    if interrupted:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(status)


def flush_streams() -> bool:
    """Flush the program's present standard output and error; False if one can't be flushed."""
    flushed = True
    for name in ('stdout', 'stderr'):
        stream = getattr(sys, name, None)
        try:
            if stream is not None and not getattr(stream, 'closed', False):
                stream.flush()
        except BaseException as error:
            if name == 'stdout':
                show_ignored(stream, error)
            flushed = False
    return flushed


def exit_status(code: Any) -> int:
    """The exit status of sys.exit(code)."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xff if -1 << 63 <= code < 1 << 63 else 0xff
    with contextlib.suppress(Exception):
        print(code, file=sys.stderr or sys.__stderr__)
    return 1


def show_exception(error: BaseException) -> None:
    """The traceback, from the program's own first frame on."""
    assert error.__traceback__ is not None
    traceback = without_hooks(error.__traceback__.tb_next)
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, traceback
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    sys.excepthook(type(error), error.with_traceback(traceback), traceback)


def show_ignored(culprit: Any, error: BaseException) -> None:
    """The interpreter's message for an error that nothing can catch any more."""
    assert error.__traceback__ is not None
    traceback = error.__traceback__.tb_next
    with contextlib.suppress(Exception):
        print(f'Exception ignored in: {culprit!r}', file=sys.stderr or sys.__stderr__)
        sys.__excepthook__(type(error), error.with_traceback(traceback), traceback)


def reopened(stream: Any, mode: str) -> Any:
    """A standard stream made anew on its descriptor, as -u makes it: only input is buffered."""
    binary: Any = open(stream.fileno(), mode + 'b', -1 if mode == 'r' else 0, closefd=False)
    getattr(binary, 'raw', binary).name = stream.name
    text: Any = io.TextIOWrapper(binary, stream.encoding, stream.errors, newline='\n',
                                 write_through=True)
    text.mode = mode
    return text


if __name__ == '__main__':
    main()
