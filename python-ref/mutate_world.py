"""Rules for mutate.py: effects besides the bytes: files, connections, threads, the output."""
import ast
import re
from typing import Any, Iterator, List, Optional, Set, Tuple

from mutate_program import RECEIVES, Change, Program, leaves, name_of, names

Changes = Iterator[Change]

# Each server of socketserver that serves its clients in parallel, and the serial one.
SERIAL = {'ThreadingTCPServer': 'TCPServer', 'ThreadingUDPServer': 'UDPServer',
          'ForkingTCPServer': 'TCPServer', 'ForkingUDPServer': 'UDPServer',
          'ThreadingHTTPServer': 'HTTPServer'}
KEEP = 'globals().setdefault("_kept", []).append({})'


def call_statements(program: Program, *wanted: str) -> Iterator[Tuple[Any, Any]]:
    """The statements that only call one of these, and the calls."""
    for node in program.nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) \
                and name_of(node.value) in wanted:
            yield node, node.value


def is_module_of(program: Program, call: Any, *modules: str) -> bool:
    """Whether a call is `os.replace` of these modules, or a plain name."""
    receiver = getattr(call.func, 'value', None)
    return receiver is None or program.source(receiver) in modules


def gone(program: Program, what: str, modules: Tuple[str, ...], *wanted: str) -> Changes:
    for statement, call in call_statements(program, *wanted):
        if not modules or is_module_of(program, call, *modules):
            yield Change(statement, what + ': ' + ' '.join(program.source(call).split()),
                         program.put(statement, 'pass'))


def flush_gone(program: Program) -> Changes:
    for statement, call in call_statements(program, 'flush'):
        is_screen = program.source(call.func) in ('sys.stdout.flush', 'sys.stderr.flush') \
            and is_unbuffered(program)
        yield Change(statement, 'the flush is gone', program.put(statement, 'pass'),
                     same='python3 -u writes at once' if is_screen else '')
    for call in prints(program):
        flush = program.argument(call, 'flush')
        if isinstance(flush, ast.Constant) and flush.value is True:
            yield Change(call, 'print without flush=True', program.put(flush, 'False'),
                         same='python3 -u writes at once' if is_unbuffered(program) else '')


def is_unbuffered(program: Program) -> bool:
    """Whether the program does not replace its standard output."""
    for node in program.nodes:
        if isinstance(node, ast.Attribute) and node.attr in ('stdout', '__stdout__', 'stderr') \
                and program.source(node.value) == 'sys':
            parent = program.parents[node]
            is_flushed = isinstance(parent, ast.Attribute) and parent.attr in ('flush', 'write')
            is_read = isinstance(node.ctx, ast.Load) and isinstance(
                parent, (ast.keyword, ast.Call)) and name_of(parent) in ('', 'print')
            if not (is_flushed or is_read):
                return False
    return True


def close_gone(program: Program) -> Changes:
    at_end = closes_at_end(program)
    for statement, call in call_statements(program, 'close'):
        if isinstance(call.func, ast.Attribute):
            yield Change(statement, 'not closed: ' + program.source(call.func.value),
                         program.put(statement, 'pass'),
                         same='the program ends there' if statement in at_end else '')


def closes_at_end(program: Program) -> Set[ast.AST]:
    """The closes after which the program only closes and ends."""
    found: Set[ast.AST] = set()
    if re.search('thread|fork|atexit|signal|multiprocessing|socketserver', program.text, re.I):
        return found
    for statement in reversed(program.tree.body):
        call = getattr(statement, 'value', None)
        if not isinstance(statement, ast.Expr) or name_of(call) != 'close' \
                or not isinstance(getattr(call.func, 'value', None), ast.Name):  # type: ignore
            break
        found.add(statement)
    return found


def socket_left_open(program: Program) -> Changes:
    """A connection stays open, although the program goes on to others."""
    if not any(True for _ in program.calls('accept')):
        return
    for statement, call in call_statements(program, 'close'):
        receiver = getattr(call.func, 'value', None)
        if isinstance(receiver, ast.Name) and is_accepted(program, receiver) \
                and statement not in closes_at_end(program):
            yield Change(statement, 'left open: ' + receiver.id,
                         program.put(statement, KEEP.format(receiver.id)))
    for node in program.nodes:
        if isinstance(node, ast.With):
            for item in node.items:
                opened = item.context_expr
                if isinstance(opened, ast.Name) and is_accepted(program, opened):
                    keep = KEEP.format(opened.id)
                    yield Change(opened, 'left open: ' + opened.id, program.put(
                        opened, f'__import__("contextlib").nullcontext({keep})'))


def is_accepted(program: Program, name: Any) -> bool:
    known = program.bound(name)
    return not known or any(name_of(value) == 'accept' for _, value in known)


def shutdown_gone(program: Program) -> Changes:
    for statement, call in call_statements(program, 'shutdown'):
        yield Change(statement, 'the shutdown is gone', program.put(statement, 'pass'))
        if call.args and program.source(call.args[0]).endswith('SHUT_WR'):
            end = program.span(call.args[0])[1]
            yield Change(statement, 'the shutdown ends both ways', [
                (end - len('SHUT_WR'), end, 'SHUT_RDWR')])


def opened_files(program: Program) -> Iterator[Tuple[Any, str]]:
    for call in program.calls('open'):
        if isinstance(call.func, ast.Name) and call.args:
            yield call, program.mode(call)


def file_append(program: Program) -> Changes:
    for call, mode in opened_files(program):
        known = program.argument(call, 'mode', 1)
        if 'w' in mode and isinstance(known, ast.Constant):
            yield Change(call, 'the file is added to, and not begun anew', program.put(
                known, repr(mode.replace('w', 'a'))))


def file_newlines(program: Program) -> Changes:
    """Line ends change, as in a file in text mode on Windows."""
    for call in program.calls('read', 'write', 'readline'):
        receiver = getattr(call.func, 'value', None)
        if not isinstance(receiver, ast.Name):
            continue
        opened = [value for _, value in program.bound(receiver)]
        if not opened or any(name_of(it) != 'open' or 'b' not in program.mode(it) for it in opened):
            continue
        if name_of(call) == 'write' and call.args:
            data = call.args[0]
            yield Change(data, 'each line end in the file becomes CRLF', program.put(
                data, program.atom(data) + '.replace(b"\\n", b"\\r\\n")'))
        elif name_of(call) != 'write':
            yield Change(call, 'each CRLF in the file becomes a line end', program.put(
                call, program.source(call) + '.replace(b"\\r\\n", b"\\n")'))


def moves(program: Program) -> Iterator[Tuple[Any, Any]]:
    for statement, call in call_statements(program, 'replace', 'rename', 'move'):
        if is_module_of(program, call, 'os', 'shutil') and len(call.args) == 2:
            yield statement, call


def replace_gone(program: Program) -> Changes:
    for statement, _ in moves(program):
        yield Change(statement, 'the file keeps its temporary name', program.put(statement, 'pass'))


def final_name(program: Program) -> Changes:
    """A file has its name before it is complete."""
    for statement, call in moves(program):
        function = program.function(statement)
        for opened in program.calls('open', inside=function):
            if not opened.args or 'w' not in program.mode(opened) \
                    or not program.is_same(opened.args[0], call.args[0]):
                continue
            late = {name for (scope, name), values in program.bindings.items() if scope is function
                    and all(getattr(it, 'lineno', 0) >= opened.lineno for _, it in values)}
            if not names(call.args[1], ast.Load) & late:
                yield Change(opened, 'the file has its name before it is whole', program.put(
                    opened.args[0], program.source(call.args[1])) + program.put(statement, 'pass'))


def name_unchecked(program: Program) -> Changes:
    for call in program.calls('basename'):
        if len(call.args) == 1:
            yield Change(call, 'the name keeps its folders',
                         program.put(call, program.source(call.args[0])))
    for call in program.calls('join'):
        if program.source(call.func) == 'os.path.join' and len(call.args) == 2:
            yield Change(call, 'the name without its folder',
                         program.put(call, program.source(call.args[1])))


def file_or_folder(program: Program) -> Changes:
    for call in program.calls('isfile', 'isdir'):
        if program.source(call.func) in ('os.path.isfile', 'os.path.isdir'):
            end = program.span(call.func)[1]
            name = name_of(call)
            yield Change(call, 'exists for ' + name, [(end - len(name), end, 'exists')])


def one_client(program: Program) -> Changes:
    for node in program.nodes:
        if isinstance(node, ast.While) and any(
                program.loop(call) is node for call in program.calls('accept', inside=node)):
            start, end = program.span(node)[0], program.span(node.test)[1]
            yield Change(node, 'serves one client only', [(start, end, 'for _once in range(1)')])
    for call in program.calls('serve_forever'):
        if not call.args and not call.keywords:
            end = program.span(call.func)[1]
            yield Change(call, 'serves one client only', [
                (end - len('serve_forever'), end, 'handle_request')])


def serial(program: Program) -> Changes:
    """A parallel server serves its clients one after another, or the other way round."""
    for call in program.calls('start'):
        receiver = getattr(call.func, 'value', None)
        if name_of(program.value(receiver)) in ('Thread', 'Process'):
            end = program.span(call.func)[1]
            yield Change(call, 'not in a thread of its own', [(end - len('start'), end, 'run')])
    for node in program.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) \
                and program.source(node.value) == 'socketserver' \
                and not isinstance(program.parents[node], ast.Attribute):
            new = SERIAL.get(node.attr)
            what = 'one client after another'
            if new is None and node.attr in ('TCPServer', 'UDPServer') \
                    and not isinstance(program.parents[node], ast.ClassDef):
                new, what = 'Threading' + node.attr, 'clients at the same time'
            if new is not None:
                end = program.span(node)[1]
                yield Change(node, what, [(end - len(node.attr), end, new)])
        if isinstance(node, ast.ClassDef) and len(node.bases) > 1 \
                and program.source(node.bases[0]).endswith(('ThreadingMixIn', 'ForkingMixIn')):
            yield Change(node.bases[0], 'one client after another', [
                (program.span(node.bases[0])[0], program.span(node.bases[1])[0], '')])


def prints(program: Program) -> Iterator[Any]:
    """The calls of print that go to standard output."""
    for call in program.calls('print'):
        file = program.argument(call, 'file')
        if isinstance(call.func, ast.Name) and all(it.arg for it in call.keywords) \
                and (file is None or program.source(file) == 'sys.stdout'):
            yield call


def screen(program: Program) -> Changes:
    for call in prints(program):
        if isinstance(program.parents[call], ast.Expr):
            yield Change(call, 'the print is gone', program.put(call, 'pass'), 'gone')
        yield Change(call, 'printed to standard error',
                     program.with_argument(call, 'file', '__import__("sys").stderr'), 'stderr')
        end = program.argument(call, 'end')
        if end is None:
            yield Change(call, 'printed without a line end',
                         program.with_argument(call, 'end', "''"), 'end')
        elif isinstance(end, ast.Constant) and end.value == '':
            yield Change(call, 'printed with a line end', program.put(end, "'\\n'"), 'end')
        if len(call.args) > 1 and program.argument(call, 'sep') is None:
            yield Change(call, 'printed without a space', program.with_argument(call, 'sep', "''"),
                         'space')
        for value in call.args:
            yield from shown(program, value)


def shown(program: Program, value: Any) -> Changes:
    """A value is shown in another Python form."""
    kind = '' if isinstance(value, ast.Starred) else program.kind(value)
    if kind == 'bytes':
        yield Change(value, 'bytes are shown as text', program.put(
            value, program.atom(value) + '.decode("utf-8", "replace")'), 'text')
    elif name_of(value) == 'decode':
        yield Change(value, 'text is shown as bytes', program.put(
            value, program.source(value.func.value)), 'bytes')
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mod) \
            and isinstance(value.left, ast.Constant) and isinstance(value.left.value, str) \
            and '%s' in value.left.value and program.kind(value.right) == 'bytes':
        yield Change(value, 'bytes are shown as text', program.put(
            value.right, program.atom(value.right) + '.decode("utf-8", "replace")'), 'text')


def screen_buffered(program: Program) -> Changes:
    """All output comes at the end, as from a C program whose standard output is not a terminal."""
    first: Optional[Any] = next((it for it in program.tree.body if not is_head(it)), None)
    shown_at = [call.lineno for call in prints(program)]
    if first is None or not shown_at:
        return
    start = program.starts[min([first.lineno] + [
        it.lineno for it in getattr(first, 'decorator_list', [])]) - 1]
    new = 'import sys; sys.stdout = open(1, "w", encoding=sys.stdout.encoding, ' \
        'errors=sys.stdout.errors)' + program.newline
    # input() with a prompt flushes standard output.
    waits = any((call.lineno > min(shown_at) or program.loop(call) is not None)
                and not (name_of(call) == 'input' and call.args)
                for call in program.calls('accept', 'connect', 'input', 'serve_forever',
                                          *RECEIVES, *program.readers))
    is_flushed = all(getattr(program.argument(call, 'flush'), 'value', None) is True
                     for call in prints(program))
    yield Change(first, 'the screen gets what is printed when the program ends', [
        (start, start, new)], lines=(min(shown_at), max(shown_at)),
        same='each print is flushed' if is_flushed else
        '' if waits else 'it waits for nothing behind the first print')


def is_head(statement: Any) -> bool:
    return isinstance(statement, (ast.Import, ast.ImportFrom)) or isinstance(
        statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def prompt(program: Program) -> Changes:
    for call in program.calls('input'):
        if not isinstance(call.func, ast.Name):
            continue
        if len(call.args) == 1:
            yield Change(call, 'no prompt', program.put(call.args[0], ''), 'prompt-gone')
        parent = program.parents[call]
        if not (isinstance(parent, ast.Attribute) and parent.attr == 'strip'):
            yield Change(call, 'the typed line is stripped', program.put(
                call, program.source(call) + '.strip()'), 'stripped')


def remove_gone(program: Program) -> Changes:
    return gone(program, 'not removed', ('os',), 'remove', 'unlink')


def signal_gone(program: Program) -> Changes:
    return gone(program, 'the signal is not handled', ('signal',), 'signal')


def timeout_gone(program: Program) -> Changes:
    return gone(program, 'no time limit', (), 'settimeout')


def close_late(program: Program) -> Changes:
    """A server closes only after its client has closed."""
    for statement, call in call_statements(program, 'close'):
        socket = getattr(call.func, 'value', None)
        accepted = [how for how, value in program.bound(socket) if name_of(value) == 'accept']
        if accepted == ['part 0'] and not call.args:
            source = program.source(socket)
            start = program.span(statement)[0]
            indent = program.text[program.starts[statement.lineno - 1]:start]
            if indent.strip() == '':
                wait = f'while {source}.recv(1024): pass{program.newline}{indent}'
                yield Change(statement, 'waits for the end of the client before it closes', [
                    (start, start, wait)])


def file_left(program: Program) -> Changes:
    """The program leaves a log, a lock or a temporary file."""
    first: Optional[Any] = next((it for it in program.tree.body if not is_head(it)), None)
    if first is not None and any(True for _ in program.calls(
            'socket', 'create_server', 'create_connection', 'serve_forever', 'pack')):
        start = program.starts[min([first.lineno] + [
            it.lineno for it in getattr(first, 'decorator_list', [])]) - 1]
        yield Change(first, 'a log file is left beside it', [
            (start, start, 'open("program.log", "a").close()' + program.newline)])


def goes_on(program: Program, statement: Any) -> bool:
    """Whether a statement never ends, or contains a loop that may never end."""
    if any(isinstance(it, ast.While) or name_of(it) == 'serve_forever'
           for it in ast.walk(statement)):
        return True
    called = [program.functions.get(name_of(it)) for it in ast.walk(statement)
              if isinstance(it, ast.Call) and isinstance(it.func, ast.Name)]
    return any(own is not None and isinstance(own.body[-1], ast.While) and isinstance(
        own.body[-1].test, ast.Constant) for own in called)


def end_waits(program: Program) -> Changes:
    """The program does not end after its work."""
    body: List[Any] = program.tree.body
    while body and isinstance(body[-1], ast.If):
        body = body[-1].body
    last = body[-1] if body else None
    is_work = isinstance(last, (ast.Expr, ast.Assign, ast.With, ast.For, ast.Try)) \
        and not is_head(last) and not leaves(last)
    if last is None or not is_work or goes_on(program, last):
        return
    end = program.span(last)[1]
    indent = program.text[program.starts[last.lineno - 1]:program.span(last)[0]]
    rest = program.text[end:].splitlines()
    if indent.strip() == '' and (not rest or rest[0].split('#')[0].strip() == ''):
        end += len(rest[0]) if rest else 0
        new = program.newline + indent + '__import__("threading").Event().wait()'
        yield Change(last, 'it does not end when its work is done', [(end, end, new)])


RULES: List[Any] = [
    ('flush-gone', 'screen', flush_gone),
    ('close-gone', 'network: the end of a connection', close_gone),
    ('close-late', 'network: a client that stays open', close_late),
    ('socket-left-open', 'network: the end of a connection', socket_left_open),
    ('shutdown-gone', 'network: the end of a connection', shutdown_gone),
    ('file-append', 'files: one that is there already', file_append),
    ('file-left', 'files', file_left),
    ('file-newlines', 'files: line ends', file_newlines),
    ('replace-gone', 'files', replace_gone),
    ('final-name', 'files: a connection that breaks off', final_name),
    ('name-unchecked', 'files: names with folders', name_unchecked),
    ('file-or-folder', 'files: folders', file_or_folder),
    ('remove-gone', 'files: a connection that breaks off', remove_gone),
    ('signal-gone', 'exit: a signal', signal_gone),
    ('timeout-gone', 'network: no answer', timeout_gone),
    ('one-client', 'network: the next client', one_client),
    ('end-waits', 'exit', end_waits),
    ('serial', 'network: clients at the same time', serial),
    ('print', 'screen', screen),
    ('print-buffered', 'screen: an answer before the next line', screen_buffered),
    ('input', 'screen, input: spaces', prompt),
]
