"""Make wrong variants of a Python program, with the typical bugs of ports of socket programs.

    python3 -I -S mutate.py PROGRAM.py

`framecheck mutants` plays each variant instead of the reference, and reports which variants the
inputs catch. This file only makes them. It writes one JSON object:

    {"program": PATH, "variants": [...], "same": [...], "numbers": [...]}

"numbers" has the whole numbers in the program, which are mostly its limits and sizes.

A variant has:

    id      its rule and its number among the places of that rule, such as "struct-order-2"; it
            stays the same as long as the program has the same places for the rule
    rule    the rule, such as "struct-order"
    line    where it begins, in the program's lines from 1
    what    what is wrong
    hint    where the bug may show, in one word: frames, files, screen, exit, network, input
    lines   [FIRST, LAST]: if the program executes none of these lines, the variant does the same
    diff    the changed lines, each after "-" or "+"
    source  the whole text of the variant, for a file in UTF-8

"same" has the variants that behave like the program or like an earlier variant: id, rule, line,
what, and "why". Compiling finds variants with the same bytecode; for other reasons see `same` in
the rules.

A variant comes from edits of the text at places in the syntax tree, so the rest stays unchanged.
Only the name of another encoding in the first two lines becomes utf-8, as the variant is UTF-8.

The status is 2, with one sentence on standard error, if the program can't be read or is not
Python. The rules are in the other files: mutate_wire.py (bytes), mutate_json.py (text and JSON),
mutate_flow.py (checks, loops, errors), mutate_world.py (files, servers, screen).
"""
import ast
import contextlib
import difflib
import json
import os
import re
import sys
import types
import warnings
from typing import Any, Dict, Iterator, List, Optional, Tuple

# With -I, Python finds no modules beside this file; and it must leave no files there.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

# ruff: noqa: E402
import mutate_flow
import mutate_json
import mutate_wire
import mutate_world
from mutate_program import Change, Edit, Program

DIFF_LINES_MAX = 24
# Inputs try no larger size than this.
NUMBER_MAX = 1 << 20
# Up to this many changed lines are shown with the lines between them.
WHOLE_MAX = 6

# Raised for a file that is not Python, or too much for the interpreter.
NO_PROGRAM = (SyntaxError, ValueError, RecursionError, MemoryError, LookupError)

# Each rule's name, where its bugs may show, and the function that finds its places.
RULES = mutate_wire.RULES + mutate_json.RULES + mutate_flow.RULES + mutate_world.RULES


def main() -> int:
    if len(sys.argv) != 2:
        print('usage: python3 -I -S mutate.py PROGRAM.py', file=sys.stderr)
        return 2
    path = sys.argv[1]
    try:
        with open(path, 'rb') as file:
            data = file.read()
        with warnings.catch_warnings(), quiet_parser():
            warnings.simplefilter('ignore')
            made = mutants(data, path)
    except OSError as error:
        print(f"can't read {path}: {error.strerror}", file=sys.stderr)
        return 2
    except NO_PROGRAM as error:
        what = str(error) or type(error).__name__
        print('{} is no Python program that this CPython {}.{} can read: {}'.format(
            path, *sys.version_info[:2], ' '.join(what.split())), file=sys.stderr)
        return 2
    # A surrogate can't be UTF-8, but can be an escape.
    sys.stdout.write(json.dumps(made) + '\n')
    return 0


@contextlib.contextmanager
def quiet_parser() -> Iterator[None]:
    """CPython 3.8's own parser writes to standard error when it runs out of memory."""
    if sys.version_info >= (3, 9):
        yield
        return
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def mutants(data: bytes, path: str) -> Dict[str, Any]:
    program = Program(data, path)
    variants: List[Dict[str, Any]] = []
    same: List[Dict[str, Any]] = []
    known = {fingerprint(compile(data, path, 'exec', dont_inherit=True)): ''}
    for identity, rule, hint, change in changes(program):
        text = edited(program.text, change.edits)
        about = {'id': identity, 'rule': rule, 'line': change.at.lineno, 'what': change.what}
        why: Optional[str] = change.same
        if not why:
            code = compiled(text, path)
            if code is None:
                continue
            known_id = known.setdefault(code, identity)
            why = 'the same bytecode' if known_id == '' else \
                'the same bytecode as ' + known_id if known_id != identity else ''
        if why:
            same.append(dict(about, why=why))
        else:
            variants.append(dict(about, hint=hint, lines=lines(program, change),
                                 diff=diff(program.text, text),
                                 source=program.mark + as_utf8(program, text)))
    return {'program': path, 'variants': variants, 'same': same, 'numbers': numbers(program)}


def numbers(program: Program) -> List[int]:
    """The whole numbers from 2 to NUMBER_MAX, also written as 8 * 1024 or 1 << 20."""
    found = set()
    for node in program.nodes:
        value = number(node)
        if value is not None and 2 <= value <= NUMBER_MAX:
            found.add(value)
    return sorted(found)


def number(node: Any) -> Optional[int]:
    """The value of a literal, or of an operation on two."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if not isinstance(node, ast.BinOp):
        return None
    left, right = number(node.left), number(node.right)
    # A number in the source may have any size; a power may not.
    if left is None or right is None or abs(left) > NUMBER_MAX or not 0 <= right <= NUMBER_MAX:
        return None
    if isinstance(node.op, ast.Mult):
        return left * right
    if isinstance(node.op, (ast.LShift, ast.Pow)) and right <= 32:
        return left << right if isinstance(node.op, ast.LShift) else left ** right
    return None


def changes(program: Program) -> Iterator[Tuple[str, str, str, Change]]:
    """The proposals of the rules: the id, the rule, its hint and the change."""
    for name, hint, find in RULES:
        found = list(find(program))
        # In the order of the source; several at one place keep the rule's order.
        found.sort(key=lambda it: (it.at.lineno, it.at.col_offset))
        count: Dict[str, int] = {}
        for change in found:
            rule = name + '-' + change.kind if change.kind else name
            count[rule] = count.get(rule, 0) + 1
            yield f'{rule}-{count[rule]}', rule, hint, change


def edited(text: str, edits: List[Edit]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def compiled(text: str, path: str) -> Any:
    """The fingerprint of a variant, or None if it is no longer a program."""
    try:
        return fingerprint(compile(text, path, 'exec', dont_inherit=True))
    except NO_PROGRAM:
        return None


def fingerprint(code: types.CodeType) -> Tuple[Any, ...]:
    """Everything in a code object that determines what it does, without line numbers."""
    return (code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars,
            code.co_flags, code.co_argcount, code.co_kwonlyargcount, code.co_name,
            getattr(code, 'co_exceptiontable', b''), tuple(map(constant, code.co_consts)))


def constant(value: Any) -> Tuple[Any, ...]:
    """Distinguishes equal constants: 1, 1.0 and True; 0.0 and -0.0."""
    if isinstance(value, types.CodeType):
        return fingerprint(value)
    if isinstance(value, tuple):
        return ('tuple',) + tuple(map(constant, value))
    if isinstance(value, frozenset):
        return ('frozenset',) + tuple(sorted(map(repr, value)))
    return type(value).__name__, repr(value)


def lines(program: Program, change: Change) -> List[int]:
    if change.lines is not None:
        return list(change.lines)
    statement = program.statement(change.at)
    body = getattr(statement, 'body', None)
    if not isinstance(body, list) or not body:
        return [statement.lineno, statement.end_lineno]
    # For a statement with a body, only its head.
    at: Any = change.at
    return [at.lineno, max(at.lineno, min(at.end_lineno, body[0].lineno))]


def diff(old: str, new: str) -> str:
    """The lines that differ, the old ones after "-" and the new ones after "+"."""
    before, after = old.splitlines(), new.splitlines()
    first = 0
    while first < min(len(before), len(after)) and before[first] == after[first]:
        first += 1
    last = 0
    while last < min(len(before), len(after)) - first and before[-1 - last] == after[-1 - last]:
        last += 1
    before, after = before[first:len(before) - last], after[first:len(after) - last]
    changed = ['-' + line for line in before] + ['+' + line for line in after]
    if len(changed) > WHOLE_MAX:
        # Without the file names, which are its first two lines, and the line numbers.
        changed = [line for line in list(difflib.unified_diff(before, after, n=0, lineterm=''))[2:]
                   if not line.startswith('@@')]
    if len(changed) > DIFF_LINES_MAX:
        changed = changed[:DIFF_LINES_MAX] + ['...']
    return ''.join(line + '\n' for line in changed)


def as_utf8(program: Program, text: str) -> str:
    """The text with the name of its encoding replaced by utf-8."""
    if program.is_utf8:
        return text
    head = re.split('(\r\n|\r|\n)', text, maxsplit=2)
    for number in range(0, min(3, len(head)), 2):
        named = re.sub(r'^([ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+', r'\g<1>utf-8', head[number])
        if named != head[number]:
            head[number] = named
            break
    return ''.join(head)


if __name__ == '__main__':
    sys.exit(main())
