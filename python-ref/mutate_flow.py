"""Rules for mutate.py: checks, comparisons, loops, errors and exits."""
import ast
import re
import sys
from typing import Any, Iterator, List, Tuple

from mutate_program import EXITS, RECEIVES, Change, Program, leaves, name_of

Changes = Iterator[Change]

# Calls without effects: a check that consists of these may vanish together with them.
LOOKING = ('len', 'type', 'isinstance', 'startswith', 'endswith', 'get', 'isdigit', 'isascii',
           'isfile', 'isdir', 'exists', 'encode', 'decode', 'int', 'str', 'fullmatch', 'hexdigest',
           'md5', 'sha1', 'sha256', 'strip', 'rstrip', 'lower', 'upper', 'basename', 'fsencode')
BODY_MAX = 3
TYPES_MAX = 6


def is_check(node: Any) -> bool:
    """Whether it is an `if` whose body only leaves, and not a choice between actions."""
    if not isinstance(node, ast.If) or len(node.body) > BODY_MAX or not leaves(node.body[-1]) \
            or not all(isinstance(it, (ast.Expr, ast.Assign)) for it in node.body[:-1]):
        return False
    last = node.body[-1]
    is_choice = isinstance(node.test, ast.Compare) and isinstance(node.test.ops[0], ast.Eq) \
        and isinstance(node.test.comparators[0], ast.Constant) \
        and isinstance(node.test.comparators[0].value, str)
    return not (is_choice and isinstance(last, ast.Return)
                and last.value is not None and not isinstance(last.value, ast.Constant))


def body_lines(body: List[Any], head: Any) -> Tuple[int, int]:
    """The lines of which one is executed if and only if the body is."""
    first = body[0].lineno
    # A trace may miss a statement that only jumps: before CPython 3.10 a jump to it goes further.
    if all(isinstance(it, (ast.Pass, ast.Continue, ast.Break)) for it in body) \
            and sys.version_info < (3, 10):
        first = head.lineno
    return first, body[-1].end_lineno


def only_looks(node: ast.AST) -> bool:
    return not any(isinstance(it, (ast.NamedExpr, ast.Await, ast.Yield))
                   or isinstance(it, ast.Call) and name_of(it) not in LOOKING
                   for it in ast.walk(node))


def check_gone(program: Program) -> Changes:
    for node in program.nodes:
        if is_check(node):
            source = program.source(node.test)
            new = 'False' if only_looks(node.test) else f'({source}) and False'
            yield Change(node.test, 'the check is gone: ' + short(source),
                         program.put(node.test, new), lines=body_lines(node.body, node.test))


def short(text: str) -> str:
    text = ' '.join(text.split())
    return text if len(text) <= 60 else text[:57] + '...'


def check_part_gone(program: Program) -> Changes:
    for node in program.nodes:
        if not isinstance(node, ast.BoolOp):
            continue
        top: Any = program.parents[node]
        while isinstance(top, (ast.UnaryOp, ast.BoolOp)):
            top = program.parents[top]
        is_decision = isinstance(top, (ast.If, ast.Return, ast.While)) or isinstance(
            top, ast.Assign) and isinstance(node.values[0], (ast.Compare, ast.BoolOp, ast.UnaryOp))
        if not is_decision:
            continue
        # If no part was true, the missing part was not true either.
        lines = body_lines(top.body, node) if isinstance(node.op, ast.Or) and isinstance(
            top, ast.If) and top.test is node else None
        neutral = 'False' if isinstance(node.op, ast.Or) else 'True'
        for part in node.values:
            source = program.source(part)
            new = neutral if only_looks(part) else f'(({source}) and False)' \
                if neutral == 'False' else f'(({source}) or True)'
            yield Change(part, 'this part of a check is gone: ' + short(source),
                         program.put(part, new), lines=lines)


def assert_gone(program: Program) -> Changes:
    for node in program.nodes:
        if isinstance(node, ast.Assert):
            yield Change(node, 'the assert is gone', program.put(node, 'pass'))


def digest_unchecked(program: Program) -> Changes:
    for node in program.nodes:
        if isinstance(node, ast.Compare) and len(node.ops) == 1 \
                and isinstance(node.ops[0], (ast.Eq, ast.NotEq)) and re.search(
                    'digest|crc32|md5|sha1|sha256|checksum', program.source(node)):
            new = 'True' if isinstance(node.ops[0], ast.Eq) else 'False'
            source = program.source(node)
            if not only_looks(node):
                new = '(({}) {} {})'.format(source, 'or' if new == 'True' else 'and', new)
            yield Change(node, 'the digest is not checked: ' + short(source),
                         program.put(node, new))


def compare_edge(program: Program) -> Changes:
    """Less for less or equal, and so on."""
    for node, number, left, right in comparisons(program):
        start, gap = program.gap(left, right)
        found = re.search('[<>]=?', gap)
        # No input determines the last digit of the clock.
        is_clock = any(name_of(it) in ('monotonic', 'perf_counter', 'time') for side in (
            left, right) for it in ast.walk(program.value(side)))
        if found is None or '#' in gap or is_clock:
            continue
        old = found.group()
        new = old[0] if len(old) == 2 else old + '='
        yield Change(right if number else node, f'{new} for {old}: {short(program.source(node))}', [
                (start + found.start(), start + found.end(), new)])


def comparisons(program: Program) -> Iterator[Tuple[Any, int, Any, Any]]:
    """Each < <= > >=: its comparison, its number there, and its operands."""
    for node in program.nodes:
        if isinstance(node, ast.Compare):
            sides = [node.left] + node.comparators
            for number, operator in enumerate(node.ops):
                if isinstance(operator, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
                    yield node, number, sides[number], sides[number + 1]


def bound_gone(program: Program) -> Changes:
    """One side of `low <= x <= high`."""
    for node in program.nodes:
        if isinstance(node, ast.Compare) and len(node.ops) == 2 and all(
                isinstance(it, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for it in node.ops):
            middle = node.comparators[0]
            start, end = program.span(node)
            first, last = program.span(middle)
            for gone, edit in ((program.text[start:last], (start, first, '')),
                               (program.text[first:end], (last, end, ''))):
                yield Change(middle, 'this bound is gone: ' + short(gone), [edit])


def loop_end(program: Program) -> Changes:
    """A loop ends one round too early or too late."""
    for call in program.calls('range'):
        parent = program.parents[call]
        if 1 <= len(call.args) <= 2 and isinstance(parent, (ast.For, ast.comprehension)):
            end = call.args[-1]
            for difference, what in ((-1, 'early'), (1, 'late')):
                yield Change(end, 'the loop ends one ' + what, program.put(
                    end, plus(program, end, difference)), what)
    for node in program.nodes:
        if isinstance(node, ast.While) and isinstance(node.test, ast.Compare) and len(
                node.test.ops) == 1 and isinstance(node.test.ops[0], (ast.Lt, ast.Gt)):
            right = node.test.comparators[0]
            difference = -1 if isinstance(node.test.ops[0], ast.Lt) else 1
            yield Change(right, 'the loop ends one early', program.put(
                right, plus(program, right, difference)), 'early')


def plus(program: Program, node: Any, difference: int) -> str:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return str(node.value + difference)
    return '{} {} 1'.format(program.atom(node), '-' if difference < 0 else '+')


def slice_edge(program: Program) -> Changes:
    for node in program.nodes:
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice) \
                or node.slice.step is not None or not isinstance(node.ctx, ast.Load):
            continue
        for bound in (node.slice.lower, node.slice.upper):
            number = getattr(bound, 'value', None)
            if bound is None:
                continue
            if isinstance(bound, ast.UnaryOp):
                yield Change(bound, 'nothing is cut off: ' + program.source(node),
                             program.put(bound, ''))
            elif isinstance(number, int):
                for new in (number - 1, number + 1):
                    if new >= 0:
                        yield Change(bound, f'cut at {new} for {number}',
                                     program.put(bound, str(new)))
            else:
                yield Change(bound, 'cut one further on',
                             program.put(bound, plus(program, bound, 1)))


def limit_halved(program: Program) -> Changes:
    compared = {program.source(it) for node in program.nodes if isinstance(node, ast.Compare)
                for it in node.comparators}
    for node in program.tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 \
                and program.source(node.targets[0]).isupper() \
                and program.source(node.targets[0]) in compared \
                and (program.kind(node.value) == 'int' or isinstance(node.value, ast.BinOp)):
            name = program.source(node.targets[0])
            yield Change(node.value, f'the limit {name} is half as much',
                         program.put(node.value, half(program, node.value)))


def half(program: Program, node: Any) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return str(node.value // 2)
    return program.atom(node) + ' // 2'


def one_message(program: Program) -> Changes:
    """A loop over messages that ends after the first."""
    for node in program.nodes:
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value \
                and not any(True for _ in program.calls('accept', inside=node)) \
                and any(True for _ in program.calls(
                    *RECEIVES, 'input', *program.readers, inside=node)):
            edit = program.span(node)[0], program.span(node.test)[1], 'for _once in range(1)'
            yield Change(node, 'the loop ends after one turn', [edit])
        if isinstance(node, ast.For) and re.search(
                r'stdin$|rfile$', program.source(node.iter)):
            one = f'__import__("itertools").islice({program.source(node.iter)}, 1)'
            yield Change(node.iter, 'the loop ends after one line', program.put(node.iter, one))


def input_at_once(program: Program) -> Changes:
    for node in program.nodes:
        if isinstance(node, ast.For) and re.search(r'stdin$|rfile$', program.source(node.iter)):
            yield Change(node.iter, 'all lines are read before the first is used', program.put(
                node.iter, program.source(node.iter) + '.readlines()'))


def handlers(program: Program) -> Iterator[Any]:
    for node in program.nodes:
        if isinstance(node, ast.ExceptHandler):
            yield node


def named(program: Program, handler: Any) -> str:
    return 'any error' if handler.type is None else short(program.source(handler.type))


def error_let_through(program: Program) -> Changes:
    for handler in handlers(program):
        if not any(isinstance(it, ast.Raise) for it in handler.body):
            start, end = program.span(handler.body[0])[0], program.span(handler.body[-1])[1]
            yield Change(handler, 'not caught: ' + named(program, handler), [(start, end, 'raise')],
                         lines=body_lines(handler.body, handler), same=said_at_the_end(
                             program, handler))


def said_at_the_end(program: Program, handler: Any) -> str:
    """Why catching the error makes no difference: the handler ends the program with words and status 1,
    like an uncaught error."""
    statement, function = handler.body[0], program.function(handler)
    call = getattr(statement, 'value', None)
    words = call.args[0] if name_of(call) in ('exit', 'SystemExit') and len(call.args) == 1 else None
    kinds = program.source(handler.type) if handler.type is not None else 'BaseException'
    if len(handler.body) > 1 or words is None or program.kind(words) != 'str' \
            or re.search('BaseException|KeyboardInterrupt|SystemExit', kinds):
        return ''
    # Nothing around it catches the error: it is in the module, or in a function that the module calls.
    uses = [] if isinstance(function, ast.Module) else [
        it for it in program.nodes if isinstance(it, ast.Name) and it.id == getattr(
            function, 'name', '') and isinstance(it.ctx, ast.Load)]
    inner = [handler] if isinstance(function, ast.Module) else [handler] + uses
    is_outer = all(not is_in_try(program, it) for it in inner) and all(
        isinstance(program.function(it), ast.Module) for it in uses)
    is_called = isinstance(function, ast.Module) or bool(uses)
    return 'both end it with status 1 and words on standard error' if is_outer and is_called else ''


def is_in_try(program: Program, node: Any) -> bool:
    """Whether a try other than the handler's own is around a node in its function."""
    first = node
    while not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
        parent = program.parents[node]
        if isinstance(parent, ast.Try) and first not in parent.handlers:
            return True
        node = parent
    return False


def error_swallowed(program: Program) -> Changes:
    for handler in handlers(program):
        last = handler.body[-1]
        if isinstance(last, ast.Raise) or name_of(getattr(last, 'value', None)) in EXITS:
            yield Change(handler, 'swallowed: ' + named(program, handler),
                         program.put(last, 'pass'), lines=(last.lineno, last.end_lineno))


def except_narrower(program: Program) -> Changes:
    for handler in handlers(program):
        kind = handler.type
        if isinstance(kind, ast.Tuple) and 2 <= len(kind.elts) <= TYPES_MAX:
            for number, dropped in enumerate(kind.elts):
                rest = [program.source(it) for it in kind.elts[:number] + kind.elts[number + 1:]]
                yield Change(handler, 'not caught: ' + program.source(dropped), program.put(
                    kind, '({},)'.format(', '.join(rest)) if len(rest) == 1 else '({})'.format(
                        ', '.join(rest))), lines=body_lines(handler.body, handler),
                    same=said_at_the_end(program, handler))
        elif kind is None or program.source(kind) in ('Exception', 'BaseException'):
            place = program.span(kind) if kind is not None else \
                (program.span(handler)[0] + len('except'),) * 2
            yield Change(handler, 'only OSError is caught', [
                place + ('OSError' if kind is not None else ' OSError',)],
                lines=body_lines(handler.body, handler))


def exit_status(program: Program) -> Changes:
    for call in program.calls(*EXITS, 'SystemExit'):
        value = call.args[0] if call.args else None
        if isinstance(value, ast.Starred) or call.keywords:
            continue
        number = getattr(value, 'value', 0) if isinstance(value, ast.Constant) else None
        new = status = '1' if value is None or number == 0 else '0'
        if value is not None and not only_looks(value):
            # The call that gives the status stays.
            new = f'({program.source(value)}, {status})[1]'
        end = program.span(call)[1] - 1
        yield Change(call, 'ends with status ' + status, program.put(value, new)
                     if value is not None else [(end, end, new)])


def raise_exits(program: Program) -> Changes:
    """A check ends the whole program where it should end one client."""
    for node in program.nodes:
        if isinstance(node, ast.Raise) and node.exc is not None and is_in_server(program, node) \
                and name_of(node.exc) != 'SystemExit' and not is_caught_here(program, node):
            yield Change(node, 'ends the program, and not only this client', program.put(
                node, '__import__("os")._exit(1)'))


def is_caught_here(program: Program, node: Any) -> bool:
    """Whether a statement is in a `try` of its own function that has handlers."""
    while not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
        parent = program.parents[node]
        if isinstance(parent, ast.Try) and parent.handlers and node in parent.body:
            return True
        node = parent
    return False


def is_in_server(program: Program, node: Any) -> bool:
    return any(True for _ in program.calls('accept', 'serve_forever', 'recvfrom')) \
        and isinstance(program.function(node), (ast.FunctionDef, ast.AsyncFunctionDef))


def connect_unchecked(program: Program) -> Changes:
    for call in program.calls('connect'):
        if isinstance(call.func, ast.Attribute) and isinstance(program.parents[call], ast.Expr):
            end = program.span(call.func)[1]
            yield Change(call, 'it is not checked whether there is a connection', [
                (end - len('connect'), end, 'connect_ex')],
                same='the next call fails where there is none' if is_used_next(program, call) else '')


def is_used_next(program: Program, call: Any) -> bool:
    """Whether the statement after a call only sends or receives on the same socket."""
    statement, socket = program.parents[call], program.source(call.func.value)
    for statements in program.lists():
        for one, behind in zip(statements, statements[1:]):
            used = getattr(behind, 'value', None)
            if one is statement and name_of(used) in ('send', 'sendall', 'recv') \
                    and isinstance(used.func, ast.Attribute):
                return program.source(used.func.value) == socket
    return False


def connect_gone(program: Program) -> Changes:
    for call in program.calls('connect'):
        statement = program.parents[call]
        if isinstance(call.func, ast.Attribute) and isinstance(statement, ast.Expr):
            yield Change(statement, 'it does not connect', program.put(statement, 'pass'))


RULES = [
    ('check-gone', 'input: what the check refuses', check_gone),
    ('check-part-gone', 'input: what the check refuses', check_part_gone),
    ('assert-gone', 'input: what the check refuses', assert_gone),
    ('digest-unchecked', 'network: a wrong digest', digest_unchecked),
    ('compare-edge', 'input: values at the edge', compare_edge),
    ('bound-gone', 'input: values out of range', bound_gone),
    ('loop-end', 'frames', loop_end),
    ('slice-edge', 'frames', slice_edge),
    ('limit-halved', 'input: values at the limit', limit_halved),
    ('one-message', 'input: several messages', one_message),
    ('input-at-once', 'screen: an answer before the next line', input_at_once),
    ('error-let-through', 'network: what raises the error', error_let_through),
    ('error-swallowed', 'exit: what raises the error', error_swallowed),
    ('except-narrower', 'input: what raises the error', except_narrower),
    ('exit-status', 'exit', exit_status),
    ('connect-unchecked', 'exit: no server', connect_unchecked),
    ('connect-gone', 'network', connect_gone),
    ('raise-exits', 'network: the next client', raise_exits),
]
