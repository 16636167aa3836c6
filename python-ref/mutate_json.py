"""Rules for mutate.py: text, encodings, JSON, and the sent dicts."""
import ast
import re
from typing import Any, Iterator, List, Tuple

from mutate_program import Change, Edit, Program, name_of

Changes = Iterator[Change]

# Each encoding with those that ports confuse with it.
OTHER_ENCODINGS = {'utf-8': ('latin-1', 'gbk'), 'utf8': ('latin-1', 'gbk'), 'gbk': ('utf-8',),
                   'gb2312': ('utf-8',), 'ascii': ('utf-8', 'latin-1'), 'latin-1': ('utf-8',),
                   'utf-16': ('utf-8',), 'gb18030': ('utf-8', 'gbk')}
KEYS_MAX = 8
# Possible sources of text with lone surrogates.
SURROGATES = re.compile(
    r'json\.load|surrogate|listdir|scandir|walk|environ|fsdecode|sys\.argv|chr\(')
# A key that contains such a word has a number as its value.
NUMBER_WORDS = re.compile('size|len|count|number|offset|port|total|lines|left', re.I)


def codecs(program: Program) -> Iterator[Tuple[Any, Any, int]]:
    """The calls that encode or decode: the call, its text if known, and the position of the
    encoding among its arguments."""
    for call in program.calls('encode', 'decode'):
        if isinstance(call.func, ast.Attribute):
            yield call, call.func.value if name_of(call) == 'encode' else None, 0
    for call in program.calls('bytes', 'str'):
        if isinstance(call.func, ast.Name) and program.argument(call, 'encoding', 1) is not None:
            yield call, call.args[0] if name_of(call) == 'bytes' and call.args else None, 1
    for call in program.calls('open', 'makefile'):
        if program.argument(call, 'encoding') is not None:
            yield call, None, -1


def encoding_of(program: Program, call: Any, index: int) -> str:
    """The encoding that a call names, or the default; '' if it is not certain."""
    known = program.argument(call, 'encoding', index if index >= 0 else None)
    if known is None:
        return '' if any(it.arg is None for it in call.keywords) else 'utf-8'
    value = known.value if isinstance(known, ast.Constant) else None
    return value.lower() if isinstance(value, str) else ''


def encoding(program: Program) -> Changes:
    for call, text, index in codecs(program):
        own = encoding_of(program, call, index)
        for other in OTHER_ENCODINGS.get(own, ()):
            same = 'the text is ASCII' if text is not None and program.is_ascii(text) else ''
            yield Change(call, f'{other} for {own}', program.with_argument(
                call, 'encoding', repr(other), index if index >= 0 else None), same=same)


def encoding_errors(program: Program) -> Changes:
    for call, text, index in codecs(program):
        errors = program.argument(call, 'errors', index + 1 if index >= 0 else None)
        own = 'strict' if errors is None else getattr(errors, 'value', '')
        is_encode = text is not None
        for other in ('replace', 'ignore') if own == 'strict' else ('strict',):
            if not isinstance(own, str) or own == '' or is_encode and other == 'ignore':
                continue
            same = 'the text is ASCII' if is_encode and program.is_ascii(text) else \
                'the text can be encoded' if is_encode and can_encode(program, call, text, index) \
                else 'UTF-8 has every character' if is_encode and is_well_formed(program, text) \
                and encoding_of(program, call, index) in ('utf-8', 'utf8') else ''
            yield Change(call, f'errors={other!r} for {own!r}', program.with_argument(
                call, 'errors', repr(other), index + 1 if index >= 0 else None), same=same)


def can_encode(program: Program, call: Any, text: Any, index: int) -> bool:
    """Whether the text is a literal that its encoding can express."""
    value = program.value(text)
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return False
    try:
        value.value.encode(encoding_of(program, call, index) or 'ascii')
    except (UnicodeError, LookupError):
        return False
    return True


def is_well_formed(program: Program, text: Any) -> bool:
    """Whether a text has no lone surrogates: it comes from this program, not from JSON."""
    return SURROGATES.search(program.text) is None and not any(
        how == 'given' for it in ast.walk(text) for how, _ in program.bound(it))


def dict_of(program: Program, node: Any) -> Any:
    """The dict display that is the value, if it certainly has no other keys; or None."""
    value = program.value(node)
    if not isinstance(value, ast.Dict) or None in value.keys:
        return None
    if value is not node:
        # The program only reads it: no called function gets it, except json.dumps.
        for use in ast.walk(program.function(value)):
            if isinstance(use, ast.Name) and use.id == node.id and isinstance(use.ctx, ast.Load):
                parent = program.parents.get(use)
                if not (name_of(parent) in ('dumps', 'len', 'print') or isinstance(
                        parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)):
                    return None
    return value


def is_flat(program: Program, value: ast.Dict) -> bool:
    """Whether no value of a dict can hold another dict, or text beyond ASCII."""
    return all(program.kind(it) in ('int', 'bool') or program.is_ascii(it) for it in value.values)


def json_dumps(program: Program) -> Changes:
    for call in program.calls('dumps', 'dump'):
        if 'json' not in program.source(call.func) and not isinstance(call.func, ast.Name) \
                or not call.args or any(it.arg is None for it in call.keywords):
            continue
        sent = dict_of(program, call.args[0])
        is_flat_dict = sent is not None and is_flat(program, sent)
        keys: List[Any] = [getattr(key, 'value', None) for key in sent.keys] if sent else []
        is_plain = is_flat_dict and all(isinstance(key, str) and key.isascii() for key in keys)
        if program.argument(call, 'separators') is None:
            yield Change(call, "json.dumps with separators=(',', ':')",
                         program.with_argument(call, 'separators', "(',', ':')"), 'separators')
        if program.argument(call, 'sort_keys') is None:
            same = 'its keys are sorted' if is_plain and keys == sorted(keys) else ''
            yield Change(call, 'json.dumps with sort_keys=True',
                         program.with_argument(call, 'sort_keys', 'True'), 'sorted', same=same)
        escapes = program.argument(call, 'ensure_ascii')
        if escapes is None or isinstance(escapes, ast.Constant):
            new = escapes is not None and not escapes.value
            yield Change(call, f'json.dumps with ensure_ascii={new}',
                         program.with_argument(call, 'ensure_ascii', str(new)), 'ascii',
                         same='all of it is ASCII' if is_plain else '')
        if program.argument(call, 'indent') is None:
            yield Change(call, 'json.dumps with indent=1',
                         program.with_argument(call, 'indent', '1'), 'indent')


def json_loads(program: Program) -> Changes:
    for call in program.calls('loads', 'load'):
        if 'json' not in program.source(call.func) and not isinstance(call.func, ast.Name) \
                or not call.args or call.keywords:
            continue
        yield Change(call, 'whole numbers are read as floats',
                     program.with_argument(call, 'parse_int', 'float'), 'floats')
        yield Change(call, 'a number with a fraction is cut to a whole one', program.with_argument(
            call, 'parse_float', 'lambda text: int(float(text))'), 'fractions')
        yield Change(call, 'of equal keys the first counts', program.with_argument(
            call, 'object_pairs_hook', 'lambda pairs: dict(pairs[::-1])'), 'first-key')


def sent_dicts(program: Program) -> Iterator[Any]:
    """The dict displays with texts as keys, without tables of the module."""
    for node in program.nodes:
        if not isinstance(node, ast.Dict) or not node.keys or len(node.keys) > KEYS_MAX:
            continue
        parent = program.parents[node]
        is_table = isinstance(parent, ast.Assign) and program.function(node) is program.tree \
            and program.source(parent.targets[0]).isupper()
        if not is_table and all(isinstance(key, ast.Constant) and isinstance(key.value, str)
                                for key in node.keys):
            yield node


def dict_key_gone(program: Program) -> Changes:
    for node in sent_dicts(program):
        end = program.span(node)[1] - 1
        starts = [program.span(key)[0] for key in node.keys] + [end]
        for number, key in enumerate(node.keys):
            yield Change(key, f'the key {key.value!r} is missing',
                         [(starts[number], starts[number + 1], '')])


def dict_key_renamed(program: Program) -> Changes:
    for node in sent_dicts(program):
        for key in node.keys:
            new = renamed(key.value)
            yield Change(key, f'the key {new!r} for {key.value!r}',
                         program.put(key, repr(new)))


def renamed(key: str) -> str:
    """A value is written as a port's language would write it."""
    words = re.split('[_-]', key)
    if len(words) > 1 and all(words):
        return words[0] + ''.join(word[:1].upper() + word[1:] for word in words[1:])
    return key[:1].upper() + key[1:] if key[:1].islower() else key.lower() + '_'


def dict_value_type(program: Program) -> Changes:
    for node in sent_dicts(program):
        for key, value in zip(node.keys, node.values):
            source = program.source(value)
            kind = program.kind(value)
            news: List[Tuple[str, str]] = []
            if isinstance(value, ast.Constant) and isinstance(value.value, (bool, int)):
                news = [(f'"{str(value.value).lower()}"', 'is a text'),
                        ('{}'.format(int(value.value) if kind == 'bool' else float(value.value)),
                         'is a ' + ('number' if kind == 'bool' else 'float'))]
            elif kind == 'int' or kind == '' and NUMBER_WORDS.search(key.value):
                news = [('str({})', 'is a text of digits'), ('float({})', 'is a float')]
            elif kind == 'bool':
                news = [('str({}).lower()', 'is a text'), ('int({})', 'is a number')]
            elif isinstance(value, ast.Constant) and value.value is None:
                news = [('""', 'is an empty text')]
            for new, what in news:
                yield Change(value, f'the value of {key.value!r} {what}',
                             program.put(value, new.format(source)))


def dict_keys_swapped(program: Program) -> Changes:
    for node in sent_dicts(program):
        for number, (key, other) in enumerate(zip(node.keys, node.keys[1:])):
            first, second = item(program, node, number), item(program, node, number + 1)
            if first is not None and second is not None:
                yield Change(key, f'{other.value!r} comes before {key.value!r}',
                             [first[:2] + (second[2],), second[:2] + (first[2],)])


def item(program: Program, node: ast.Dict, number: int) -> Any:
    """The place of an item of a dict display, and its text: up to the comma, or the end."""
    start = program.span(node.keys[number])[0]
    end = program.span(node.values[number])[1]
    is_last = number + 1 == len(node.keys)
    stop = program.span(node)[1] - 1 if is_last else program.span(node.keys[number + 1])[0]
    rest = program.text[end:stop]
    if '#' in rest:
        return None
    end += len(rest.partition(',')[0].rstrip()) if ',' in rest else len(rest.rstrip())
    edit: Edit = (start, end, program.text[start:end])
    return edit


def key_of(node: Any) -> Any:
    """The text that is the key of a subscript; or None."""
    # Before CPython 3.9, the tree has one more node here.
    key = getattr(node.slice, 'value', node.slice) if not isinstance(
        node.slice, ast.Constant) else node.slice
    return key if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def key_lenient(program: Program) -> Changes:
    for node in program.nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            key = key_of(node)
            if key is not None and isinstance(node.value, ast.Name) \
                    and not node.value.id.isupper() and not has_key(program, node.value, key.value):
                yield Change(node, f'a missing {key.value!r} is None', program.put(
                    node, f'{node.value.id}.get({program.source(key)})'))


def has_key(program: Program, name: Any, key: str) -> bool:
    """Whether all possible values of a name are dict displays with this key."""
    known = [value for _, value in program.bound(name)]
    return bool(known) and all(
        isinstance(it, ast.Dict) and key in [getattr(own, 'value', None) for own in it.keys]
        for it in known)


def key_strict(program: Program) -> Changes:
    for call in program.calls('get'):
        if isinstance(call.func, ast.Attribute) and len(call.args) == 1 and not call.keywords \
                and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str) \
                and isinstance(call.func.value, ast.Name):
            strict = f'{call.func.value.id}[{program.source(call.args[0])}]'
            yield Change(call, f'a missing {call.args[0].value!r} is a KeyError',
                         program.put(call, strict))


def bool_as_int(program: Program) -> Changes:
    for node in program.nodes:
        call: Any = getattr(node, 'left', None)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 \
                and isinstance(node.ops[0], (ast.Is, ast.IsNot)) and name_of(call) == 'type' \
                and program.source(node.comparators[0]) == 'int' and len(call.args) == 1:
            new = f'isinstance({program.source(call.args[0])}, int)'
            negated = f'(not {new})' if isinstance(node.ops[0], ast.IsNot) else new
            yield Change(node, 'true and false are taken for numbers', program.put(node, negated))


def text_call(program: Program) -> Changes:
    """A call that changes text is missing, or is another call."""
    for call in program.calls('strip', 'rstrip', 'lstrip', 'upper', 'lower', 'title'):
        if not isinstance(call.func, ast.Attribute):
            continue
        receiver, name = program.source(call.func.value), name_of(call)
        yield Change(call, f'{name}() is missing', program.put(call, receiver))
        if name == 'strip' or name == 'rstrip' and call.args:
            other = 'rstrip' if name == 'strip' else 'strip'
            yield Change(call, '{}() for {}'.format(other, program.text[
                program.span(call.func)[1] - len(name):program.span(call)[1]]), program.put(
                    call, f'{program.atom(call.func.value)}.{other}()'))
        if name in ('upper', 'lower') and program.kind(call.func.value) == 'bytes':
            inner: Any = call.func.value
            if name_of(inner) == 'encode' and isinstance(inner.func, ast.Attribute):
                # A call that decodes its result stays: text.encode().upper().decode()
                new = f'{program.atom(inner.func.value)}.{name}().encode()'
            else:
                new = f'{program.atom(inner)}.decode("utf-8", "replace").{name}().encode()'
            yield Change(call, 'letters beyond ASCII change, too', program.put(call, new))


def partition_last(program: Program) -> Changes:
    for call in program.calls('partition', 'rpartition'):
        if isinstance(call.func, ast.Attribute):
            end = program.span(call.func)[1]
            name = name_of(call)
            other = 'rpartition' if name == 'partition' else 'partition'
            yield Change(call, f'{other} for {name}', [(end - len(name), end, other)])


def sorted_gone(program: Program) -> Changes:
    for call in program.calls('sorted'):
        if len(call.args) == 1:
            yield Change(call, 'the order is left as it comes', program.put(call.func, 'list'))


def digest_upper(program: Program) -> Changes:
    for call in program.calls('hexdigest'):
        yield Change(call, 'the digest in upper case',
                     program.put(call, program.source(call) + '.upper()'))


RULES = [
    ('encoding', 'frames: text beyond ASCII', encoding),
    ('encoding-errors', 'input: bytes that are no text', encoding_errors),
    ('json', 'frames', json_dumps),
    ('json', 'input: unusual JSON', json_loads),
    ('dict-key-gone', 'frames', dict_key_gone),
    ('dict-key-renamed', 'frames', dict_key_renamed),
    ('dict-value-type', 'frames', dict_value_type),
    ('dict-keys-swapped', 'frames', dict_keys_swapped),
    ('key-lenient', 'input: a missing key', key_lenient),
    ('key-strict', 'input: a missing key', key_strict),
    ('bool-as-int', 'input: true for a number', bool_as_int),
    ('text-call', 'input: spaces and case', text_call),
    ('partition-last', 'input: more than one separator', partition_last),
    ('sorted-gone', 'frames', sorted_gone),
    ('digest-upper', 'frames', digest_upper),
]
