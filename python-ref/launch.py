"""Run reference programs, each in a process forked from this one, warm, interpreter.

A fresh interpreter takes 20 to 50 ms to start on a small machine, a fork about one. What a forked
program can see is what `python3 -u PROGRAM ARG...` would show it: a `__main__` of its own, its
arguments, unbuffered standard streams, default signal handling, the directory of the program
first on sys.path, no other descriptors, and the interpreter's own way to end, with traceback and
exit status. `--fresh` runs one program in a new interpreter instead, for checking just that.

    launch.py --fresh PROGRAM [ARG...]      replace this process by python3 -u PROGRAM ARG...
    launch.py --serve                       take requests from standard input

With --serve, standard input is a Unix SOCK_SEQPACKET socket, one JSON object to a message:

    request {"op": "start", "id": N, "program": PATH, "argv": [...], "cwd": PATH}
            with three descriptors attached (SCM_RIGHTS): its standard input, output and error
    answer  {"id": N, "pid": P}
    request {"op": "signal", "id": N, "signal": S}   to the program's whole process group; no answer
    answer  {"id": N, "status": W}                   when it has ended; W as waitpid gives it
    answer  {"id": N, "error": TEXT}                 when it could not be started

Whatever a program leaves in its process group is killed when the program ends. When the other
end of the socket goes away, every program is killed and this process ends.
"""
import argparse
import array
import atexit
import builtins
import gc
import io
import json
import os
import selectors
import signal
import socket
import socketserver  # noqa: F401 (here so that no program waits for it after its fork)
import struct  # noqa: F401
import subprocess  # noqa: F401
import sys
import threading
import types
from typing import Any, Dict, List, NoReturn, Optional, Tuple

REQUEST_MAX_BYTES = 1 << 20

# A program to run: its path followed by its arguments, and its compiled code.
Program = Tuple[List[str], types.CodeType]


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
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=0)
    run_as_main(*Launcher(control).run())


class Launcher:
    """The long-lived parent. `run` returns in each forked child, with what that is to run."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.pid_by_id: Dict[int, int] = {}
        self.id_by_pid: Dict[int, int] = {}
        self.code_by_program: Dict[str, Tuple[Any, types.CodeType]] = {}
        # A byte arrives here whenever a child has ended, so waiting for requests and waiting for
        # children is one wait.
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(self.wake_write, False)
        self.selector = selectors.DefaultSelector()

    def run(self) -> Program:
        # What is here now stays for good: no child needs to look through it for garbage, and so
        # to copy it.
        gc.collect()
        if hasattr(gc, 'freeze'):
            gc.freeze()
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        # Ctrl-C at a terminal reaches the whole foreground group; the harness decides what ends.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
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
        """One request and its descriptors; (None, []) when the other end has gone."""
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
        """Carry a request out. In a forked child only, return what it is to run."""
        if request['op'] == 'signal':
            pid = self.pid_by_id.get(request['id'])
            if pid is not None:
                signal_group(pid, request['signal'])
            return None
        try:
            code = self.compiled(request['program'])
            pid = os.fork()
        except (OSError, SyntaxError) as error:
            self.send({'id': request['id'], 'error': str(error)})
        else:
            if pid == 0:
                try:
                    self.become(request, descriptors)
                    return [request['program']] + request['argv'], code
                except BaseException as error:
                    os.write(2, 'launch.py: cannot start {}: {}\n'.format(
                        request['program'], error).encode('utf-8', 'replace'))
                    os._exit(127)
            # Both sides do this, so that it is done whichever of them runs first.
            try:
                os.setpgid(pid, pid)
            except OSError:
                pass
            self.pid_by_id[request['id']] = pid
            self.id_by_pid[pid] = request['id']
            self.send({'id': request['id'], 'pid': pid})
        for descriptor in descriptors:
            os.close(descriptor)
        return None

    def compiled(self, program: str) -> types.CodeType:
        """The program's code, compiled again only when its file has changed."""
        about = os.stat(program)
        stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
        known = self.code_by_program.get(program)
        if known is None or known[0] != stamp:
            with open(program, 'rb') as source:
                known = stamp, compile(source.read(), program, 'exec')
            self.code_by_program[program] = known
        return known[1]

    def become(self, request: Dict[str, Any], descriptors: List[int]) -> None:
        """In the child: give up all that is the launcher's, and take the request's place."""
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

    def drain_wakeups(self) -> None:
        try:
            while os.read(self.wake_read, 4096):
                pass
        except BlockingIOError:
            pass

    def reap(self) -> None:
        """Report every ended program, its group killed while its number can't be anyone else's."""
        while self.id_by_pid:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            signal_group(ended.si_pid, signal.SIGKILL)
            pid, status = os.waitpid(ended.si_pid, 0)
            number = self.id_by_pid.pop(pid, None)
            if number is not None:
                del self.pid_by_id[number]
                self.send({'id': number, 'status': status})

    def send(self, answer: Dict[str, Any]) -> None:
        try:
            self.control.send(json.dumps(answer).encode('utf-8'))
        except ConnectionError:
            pass

    def kill_all(self) -> None:
        for pid in self.id_by_pid:
            signal_group(pid, signal.SIGKILL)


def signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass


def run_as_main(argv: List[str], code: types.CodeType) -> NoReturn:
    """Run a program as `python3 -u` runs it, then end the process as the interpreter would."""
    program = argv[0]
    sys.argv = argv
    sys.path[0] = os.path.dirname(program)
    sys.stdin, sys.stdout, sys.stderr = (reopened(sys.stdin, 'r'), reopened(sys.stdout, 'w'),
                                         reopened(sys.stderr, 'w'))
    sys.__stdin__ = sys.stdin  # type: ignore[misc]
    sys.__stdout__ = sys.stdout  # type: ignore[misc]
    sys.__stderr__ = sys.stderr  # type: ignore[misc]
    main_module = types.ModuleType('__main__')
    main_module.__file__ = program
    main_module.__builtins__ = builtins  # type: ignore[attr-defined]
    sys.modules['__main__'] = main_module
    status = 0
    try:
        exec(code, main_module.__dict__)
    except SystemExit as stop:
        status = exit_status(stop.code)
    except KeyboardInterrupt:
        # The interpreter prints the traceback and then dies of the signal itself.
        show_exception()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        show_exception()
        status = 1
    finish(main_module, status)


def finish(main_module: types.ModuleType, status: int) -> NoReturn:
    """The visible part of an interpreter's end, in its order; the rest is ten milliseconds of
    freeing memory that the kernel frees anyway. `--fresh` shows the whole of it."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    # What a program leaves open is closed here, oldest name first, as the interpreter does it.
    names = main_module.__dict__
    for hidden in (True, False):
        for name in list(names):
            if (name.startswith('_') and not name.startswith('__')) == hidden:
                if name != '__builtins__':
                    names[name] = None
    sys.stderr.flush()
    os._exit(status)


def exit_status(code: Any) -> int:
    """What sys.exit(code) makes of its argument."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xff
    print(code, file=sys.stderr)
    return 1


def show_exception() -> None:
    """The traceback, from the program's own first frame on."""
    kind, error, traceback = sys.exc_info()
    assert kind is not None and error is not None and traceback is not None
    program_traceback = traceback.tb_next
    sys.excepthook(kind, error.with_traceback(program_traceback), program_traceback)


def reopened(stream: Any, mode: str) -> Any:
    """A standard stream made anew on its descriptor, as -u makes it."""
    number = stream.fileno()
    if mode == 'r':
        buffer = open(number, 'rb', closefd=False)
        return io.TextIOWrapper(buffer, stream.encoding, stream.errors, newline='\n')
    raw = open(number, 'wb', buffering=0, closefd=False)
    return io.TextIOWrapper(raw, stream.encoding, stream.errors, newline='\n',  # type: ignore[arg-type]
                            write_through=True)


if __name__ == '__main__':
    main()
