"""Rules for mutate.py: the bytes on the wire.

Formats of struct, lengths, and wrong uses of recv, send, recvfrom and sendto.
"""
import ast
import re
import struct
import sys
from typing import Any, Iterator, List, Optional, Tuple

from mutate_program import Change, Program, name_of, names

Changes = Iterator[Change]

STRUCT_CALLS = ('pack', 'unpack', 'calcsize', 'Struct', 'pack_into', 'unpack_from', 'iter_unpack')
# Each code of struct with the codes that ports confuse with it: another width, or another sign.
OTHER_WIDTH = {'b': 'h', 'B': 'H', 'h': 'i', 'H': 'I', 'i': 'q', 'I': 'H', 'l': 'i', 'L': 'I',
               'q': 'i', 'Q': 'I', 'n': 'i', 'N': 'I', 'f': 'd', 'd': 'f'}
ONE_BYTE_CODES = 'xcbBs?p'
# How long a header of a frame may be, and how long a small buffer of a port.
HEADER_MAX = 16
BUFFER = 1024

# A literal whose characters can be edited.
PLAIN_LITERAL = re.compile(r'''[bBuU]?(['"])([^'"\\]*)\1''')


def formats(program: Program) -> Iterator[Tuple[Any, str]]:
    """Each literal that is a format of struct, and the format; a named one counts once."""
    found = {}
    for call in program.calls(*STRUCT_CALLS):
        source = program.source(call.func)
        if not call.args or '.' in source and not source.startswith('struct.'):
            continue
        literal = program.value(call.args[0])
        if isinstance(literal, ast.Constant) and PLAIN_LITERAL.fullmatch(program.source(literal)):
            text = literal.value
            text = text.decode('latin-1') if isinstance(text, bytes) else text
            if isinstance(text, str) and size_of(text) is not None:
                found[literal] = text
    yield from found.items()


def size_of(text: str) -> Optional[int]:
    try:
        return struct.calcsize(text)
    except struct.error:
        return None


def with_format(program: Program, literal: Any, text: str) -> Any:
    source = program.source(literal)
    old = PLAIN_LITERAL.fullmatch(source)
    assert old is not None
    return program.put(literal, source[:old.start(2)] + text + source[old.end(2):])


def split_format(text: str) -> Tuple[str, str]:
    return (text[0], text[1:]) if text[:1] in ('<', '>', '!', '=', '@') else ('', text)


def struct_order(program: Program) -> Changes:
    for literal, text in formats(program):
        order, codes = split_format(text)
        is_little = order == '<' or order in ('', '=', '@') and sys.byteorder == 'little'
        new = ('>' if is_little else '<') + codes
        letters = re.sub('[0-9 \t]', '', codes)
        same = '' if letters.strip(ONE_BYTE_CODES) else 'one byte has no order'
        yield Change(literal, f'the struct format {new!r} for {text!r}',
                     with_format(program, literal, new), same=same)


def struct_size(program: Program) -> Changes:
    for literal, text in formats(program):
        order, codes = split_format(text)
        for place in [it.start() for it in re.finditer('[a-zA-Z]', codes)][:4]:
            code = codes[place]
            others = {'width': OTHER_WIDTH.get(code),
                      'sign': code.swapcase() if code in 'bBhHiIlLqQ' else None}
            for kind, other in others.items():
                if other is not None:
                    new = order + codes[:place] + other + codes[place + 1:]
                    same = 'no length is below 0, or of 2 GiB' if kind == 'sign' and code \
                        in 'iIlLqQ' and packs_a_length(program, literal) else ''
                    yield Change(literal, f'the struct format {new!r} for {text!r}',
                                 with_format(program, literal, new), kind, same=same)


def packs_a_length(program: Program, literal: Any) -> bool:
    """Whether a format is used only in struct.pack(FORMAT, len(...))."""
    uses = [call for call in program.calls(*STRUCT_CALLS)
            if call.args and program.value(call.args[0]) is literal]
    return all(name_of(call) == 'pack' and len(call.args) == 2 and name_of(
        program.value(call.args[1])) == 'len' for call in uses)


def struct_digits(program: Program) -> Changes:
    for call, text in one_number_packs(program):
        if name_of(call.func.value) != 'Struct' and 'struct' in program.source(call.func):
            width = size_of(text)
            number = program.source(call.args[1])
            yield Change(call, f'the number as {width} digits', program.put(
                call, f'b"%0{width}d" % ({number})'))


def one_number_packs(program: Program) -> Iterator[Tuple[Any, str]]:
    """The calls struct.pack(FORMAT, NUMBER), and their formats."""
    known = dict(formats(program))
    for call in program.calls('pack'):
        if len(call.args) == 2 and isinstance(call.func, ast.Attribute):
            text = known.get(program.value(call.args[0]))
            if text is not None and split_format(text)[1] in OTHER_WIDTH:
                yield call, text


def length_counts_itself(program: Program) -> Changes:
    for call, text in one_number_packs(program):
        number = call.args[1]
        yield Change(number, f'the length counts its own {size_of(text)} bytes',
                     program.put(number, f'{program.atom(number)} + {size_of(text)}'))


def text_length(program: Program) -> Changes:
    """The length of text instead of that of bytes, and the other way round."""
    for call in program.calls('len'):
        parent = program.parents[call]
        if len(call.args) != 1 or isinstance(parent, ast.BinOp) \
                or isinstance(parent, ast.Compare) and program.loop(call) is not None:
            continue
        given = call.args[0]
        value = program.value(given)
        if isinstance(value, ast.Call) and name_of(value) == 'encode' \
                and isinstance(value.func, ast.Attribute) and is_repeatable(program, value, given):
            text = value.func.value
            same = 'the text is ASCII' if program.is_ascii(text) else ''
            yield Change(given, 'the number of characters for that of bytes',
                         program.put(given, program.source(text)), same=same)
        elif program.kind(given) == 'str':
            same = 'the text is ASCII' if program.is_ascii(given) else ''
            yield Change(given, 'the number of bytes for that of characters', program.put(
                given, program.atom(given) + '.encode()'), same=same)
        elif program.kind(given) == 'bytes' and isinstance(given, ast.Name):
            yield Change(given, 'the number of characters for that of bytes', program.put(
                given, program.source(given) + '.decode("utf-8", "replace")'))


def is_repeatable(program: Program, value: ast.AST, given: ast.AST) -> bool:
    """Whether the value of a name can be computed again at the name's place."""
    return value is given or program.function(value) is program.function(given) and all(
        name_of(call) in ('encode', 'dumps', 'str', 'join', 'format', 'strip')
        for call in ast.walk(value) if isinstance(call, ast.Call))


def receives(program: Program, *wanted: str) -> Iterator[Any]:
    for call in program.calls(*wanted):
        if isinstance(call.func, ast.Attribute) and call.args and not isinstance(
                call.args[0], ast.Starred):
            yield call


def is_gathering(program: Program, loop: Any) -> bool:
    """Whether a loop adds up the received bytes, until it has as many as it wants."""
    return isinstance(loop, ast.While) and not isinstance(loop.test, ast.Constant) \
        and any(True for _ in program.calls('recv', 'read', 'recv_into', inside=loop))


def recv_once(program: Program) -> Changes:
    for loop in program.nodes:
        if is_gathering(program, loop) and list(program.calls('recv', 'recv_into', inside=loop)):
            start = program.span(loop)[0]
            test = program.source(loop.test)
            edits = [(start, program.span(loop.test)[0], 'for _once in range(bool(')] \
                + program.put(loop.test, test + '))')
            # Only these parentheses are around the test.
            if program.text[program.span(loop.test)[1]:].lstrip(' \t').startswith(':'):
                yield Change(loop, 'one recv for all of it', edits)


def recv_size(program: Program) -> Changes:
    for call in receives(program, 'recv', 'recvfrom'):
        size = call.args[0]
        loop = program.loop(call)
        source = program.source(size)
        known = program.value(size)
        # Each other size, its value, and its kind.
        news: List[Tuple[str, str, str]] = []
        over = 'a recv that may take what comes behind it', 'over'
        if name_of(size) == 'min' and len(size.args) == 2:
            news = [(program.source(size.args[1]),) + over]
        elif isinstance(known, ast.Constant) and isinstance(known.value, int):
            number = known.value
            if name_of(call) == 'recvfrom':
                news = [(str(it), f'a datagram cut to {it} bytes', 'small')
                        for it in (BUFFER, 512, 16) if it < number]
                news.append((source + ' - 1', 'recvfrom takes a byte less', 'less'))
            else:
                if number > 2 and not is_gathering(program, loop):
                    news = [('1', 'recv(1)', 'small')]
                for sign, more in (-1, 'less'), (1, 'more'):
                    if number + sign > 0:
                        new = str(number + sign) if source == str(number) else \
                            '{} {} 1'.format(source, '-+'[sign > 0])
                        news.append((new, 'recv takes a byte ' + more, more))
                if number <= HEADER_MAX:
                    rest = f'[:{number}]'
                    yield Change(call, f'what comes with the first {number} bytes is lost',
                                 program.put(size, str(BUFFER)) + [
                                     (program.span(call)[1],) * 2 + (rest,)], 'lost')
        elif is_gathering(program, loop) and isinstance(size, ast.BinOp):
            news = [(program.source(size.left),) + over]
        elif not is_gathering(program, loop):
            news = [(f'{program.atom(size)} {sign} 1', 'recv takes a byte ' + more, more)
                    for sign, more in (('-', 'less'), ('+', 'more'))]
        for new, what, kind in news:
            if new != source:
                yield Change(size, what, program.put(size, new), kind)


def plain_receives(program: Program) -> Iterator[Any]:
    """The statements NAME = SOCKET.recv(N), outside of loops that gather."""
    for statement in program.nodes:
        call: Any = getattr(statement, 'value', None)
        if isinstance(statement, ast.Assign) and name_of(call) == 'recv' \
                and isinstance(call.func, ast.Attribute) \
                and not is_gathering(program, program.loop(statement)):
            yield statement


def recv_text(program: Program) -> Changes:
    for statement in plain_receives(program):
        call = program.source(statement.value)
        size = program.value(statement.value.args[0]) if statement.value.args else None
        if getattr(size, 'value', BUFFER) in range(HEADER_MAX + 1):
            continue
        yield Change(statement, 'what is received ends at the first NUL byte', program.put(
            statement.value, call + '.split(b"\\0")[0]'), 'nul')
        yield Change(statement, 'what is received loses the line end behind it', program.put(
            statement.value, call + '.rstrip(b"\\r\\n")'), 'stripped')


def spin(program: Program) -> Changes:
    for statement in plain_receives(program):
        socket = statement.value.func.value
        if not isinstance(socket, (ast.Name, ast.Attribute)):
            continue
        start = program.span(statement)[0]
        indent = program.text[program.starts[statement.lineno - 1]:start]
        if indent.strip() == '':
            ready = f'__import__("select").select([{program.source(socket)}], [], [], 0)[0]'
            wait = f'while not {ready}: pass'
            yield Change(statement, 'the wait for bytes spins', [
                (start, start, wait + program.newline + indent)])


def count_asked(program: Program) -> Changes:
    """The loop counts the requested bytes, not the received ones."""
    for statement in program.nodes:
        loop = program.loop(statement)
        call: Any = getattr(statement, 'value', None)
        if isinstance(statement, ast.AugAssign) and name_of(call) == 'len' \
                and isinstance(loop, ast.While) and len(call.args) == 1:
            known = program.value(call.args[0])
            if name_of(known) == 'recv' and known.args and program.loop(known) is loop:
                asked = program.source(known.args[0])
                yield Change(statement, 'counts the bytes asked for, not those that came',
                             program.put(statement.value, asked))


def sends(program: Program) -> Iterator[Tuple[Any, Any]]:
    """The calls that only send bytes, and the bytes; without headers that are a single number."""
    for call in program.calls('send', 'sendall', 'sendto', 'write'):
        if isinstance(call.func, ast.Attribute) and call.args and (
                name_of(call) != 'write' or program.source(call.func).endswith('wfile.write')):
            data = call.args[0]
            if not isinstance(data, ast.Starred) and name_of(data) != 'pack':
                yield call, data


def send_extra(program: Program) -> Changes:
    for _, data in sends(program):
        source = program.atom(data)
        for kind, new, what in (
                ('nul', '{} + b"\\0"', 'a NUL byte is sent behind it'),
                ('line-end', '{} + b"\\n"', 'a line end is sent behind it'),
                ('padded', '{}.ljust(1024, b"\\0")', 'a whole buffer of 1024 bytes is sent')):
            yield Change(data, what, program.put(data, new.format(source)), kind)


def send_part(program: Program) -> Changes:
    for _, data in sends(program):
        length = length_of(program, data)
        same = f'it is {length} bytes long' if length is not None and length <= BUFFER else ''
        yield Change(data, 'only the first 1024 bytes are sent',
                     program.put(data, f'{program.atom(data)}[:{BUFFER}]'), same=same)


def length_of(program: Program, node: Any) -> Optional[int]:
    """The length of bytes, if a literal shows it; or None."""
    value = program.value(node)
    if isinstance(value, ast.Constant) and isinstance(value.value, bytes):
        return len(value.value)
    if not isinstance(value, ast.Call) or not value.args and name_of(value) != 'encode':
        return None
    first = program.value(value.func.value if name_of(value) == 'encode' and isinstance(
        value.func, ast.Attribute) else value.args[0] if value.args else None)
    text = first.value if isinstance(first, ast.Constant) else None
    if not isinstance(text, str):
        return None
    if name_of(value) == 'pack' and isinstance(value.func, ast.Attribute) \
            and program.source(value.func) == 'struct.pack':
        try:
            return struct.calcsize(text)
        except struct.error:
            return None
    if name_of(value) in ('encode', 'bytes') and len(text) * 4 <= BUFFER:
        # No encoding needs more than four bytes for a character.
        return len(text) * 4
    return None


def send_once(program: Program) -> Changes:
    # A blocking send also takes all bytes, unless the connection breaks off meanwhile: then send
    # returns how many it took, and sendall raises the error.
    for call in program.calls('sendall'):
        if isinstance(call.func, ast.Attribute):
            end = program.span(call.func)[1]
            yield Change(call, 'send for sendall', [(end - len('sendall'), end, 'send')])


def line_end(program: Program) -> Changes:
    for node in program.nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) \
                and isinstance(node.right, ast.Constant) and node.right.value in ('\n', b'\n'):
            prefix = 'b' if isinstance(node.right.value, bytes) else ''
            for kind, new, what in (('crlf', '"\\r\\n"', 'CRLF at the end of the line'),
                                    ('gone', '""', 'no line end')):
                yield Change(node.right, what, program.put(node.right, prefix + new), kind)


def line_limit_gone(program: Program) -> Changes:
    for call in receives(program, 'readline'):
        yield Change(call, 'a line of any length is read', program.put(call.args[0], '-1'))


def datagram_twice(program: Program) -> Changes:
    for statement in program.nodes:
        call = getattr(statement, 'value', None)
        if isinstance(statement, ast.Expr) and (name_of(call) == 'sendto' or name_of(
                call) == 'send' and 'SOCK_DGRAM' in program.text):
            source = program.source(statement)
            yield Change(statement, 'the datagram is sent twice',
                         program.put(statement, source + '; ' + source))


def order_swapped(program: Program) -> Changes:
    """An answer comes before the work, or a send changes places with another neighbour."""
    for statements in program.lists():
        for first, second in zip(statements, statements[1:]):
            is_first, is_second = program.is_send(first), program.is_send(second)
            other = second if is_first else first
            if not is_first and not is_second or is_first != is_second and not has_effect(
                    program, other):
                continue
            stored = [names(it, ast.Store) for it in (first, second)]
            loaded = [names(it, ast.Load) for it in (first, second)]
            if stored[0] & (loaded[1] | stored[1]) or stored[1] & loaded[0]:
                continue
            what = 'two sends in the other order' if is_first and is_second else \
                'sends after what comes behind it' if is_first else 'sends before what comes first'
            same = 'no one sees whether it is printed first' if is_plain_print(other) else ''
            yield Change(first, what, program.put(first, program.source(second)) + program.put(
                second, program.source(first)), same=same)


def is_plain_print(statement: Any) -> bool:
    """Whether a statement only prints existing values, which can't fail."""
    call = getattr(statement, 'value', None)
    return isinstance(statement, ast.Expr) and name_of(call) == 'print' and not call.keywords \
        and all(isinstance(it, (ast.Name, ast.Constant)) or isinstance(
            it, ast.Attribute) and isinstance(it.value, ast.Name) for it in call.args)


def has_effect(program: Program, statement: Any) -> bool:
    """Whether a statement's effect shows to other programs or in files."""
    if isinstance(statement, (ast.Expr, ast.With, ast.Try, ast.For, ast.While)):
        return any(True for _ in program.calls(
            'write', 'close', 'flush', 'print', 'replace', 'rename', 'remove', 'shutdown', 'recv',
            *program.readers, inside=statement))
    return isinstance(statement, ast.Assign) and (
        name_of(statement.value) in ('recv', 'recvfrom', *program.readers))


RULES = [
    ('struct-order', 'frames', struct_order),
    ('struct', 'frames', struct_size),
    ('struct-digits', 'frames', struct_digits),
    ('length-counts-itself', 'frames', length_counts_itself),
    ('text-length', 'frames: text beyond ASCII', text_length),
    ('recv-once', 'network: segments', recv_once),
    ('recv', 'network: segments', recv_size),
    ('recv', 'input: NUL bytes and line ends', recv_text),
    ('count-asked', 'network: segments', count_asked),
    ('spin', 'processor time', spin),
    ('send', 'frames', send_extra),
    ('send-part', 'frames: long ones', send_part),
    ('send-once', 'network: a client that breaks off', send_once),
    ('line-end', 'frames', line_end),
    ('line-limit-gone', 'input: long lines', line_limit_gone),
    ('datagram-twice', 'frames', datagram_twice),
    ('order-swapped', 'network: a client that waits', order_swapped),
]
