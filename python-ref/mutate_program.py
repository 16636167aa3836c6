"""A program with its text, its syntax tree, and what is certain about its values.

mutate.py makes wrong variants of programs; its rules use this. Nothing here changes a program.
"""
import ast
import io
import re
import tokenize
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple, Union

# The text that replaces the characters from the first offset to before the second.
Edit = Tuple[int, int, str]

Function = Union[ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda]

SENDS = ('send', 'sendall', 'sendto', 'sendmsg')
RECEIVES = ('recv', 'recvfrom', 'recv_into', 'recvfrom_into', 'recvmsg', 'readline')
EXITS = ('exit', '_exit', 'quit')

# Functions and methods by the type that they return.
KINDS = {
    'bytes': ('recv', 'encode', 'pack', 'digest', 'tobytes', 'bytes', 'bytearray', 'fsencode'),
    'str': ('input', 'dumps', 'decode', 'str', 'hexdigest', 'repr', 'hex', 'fsdecode'),
    'int': ('len', 'int', 'sum', 'ord', 'count', 'find', 'calcsize', 'getsize'),
}
KIND_OF_CALL = {name: kind for kind, names in KINDS.items() for name in names}
# Methods that return a changed copy of their object.
KEEPING = ('strip', 'lstrip', 'rstrip', 'upper', 'lower', 'title', 'replace', 'ljust', 'rjust',
           'join', 'removeprefix', 'removesuffix', 'copy', 'casefold')
DEPTH_MAX = 8


class Change(NamedTuple):
    """A wrong variant, as a rule proposes it."""

    at: Any
    what: str
    edits: List[Edit]
    # The suffix of the rule's name, if the rule has several kinds.
    kind: str = ''
    # One of these lines must be executed; the default is those of the statement.
    lines: Optional[Tuple[int, int]] = None
    # Why it certainly behaves like the program, if it does.
    same: str = ''


class Program:
    """Raises SyntaxError, ValueError, RecursionError or MemoryError if it is not a program."""

    def __init__(self, data: bytes, name: str) -> None:
        self.tree = ast.parse(data, name)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        self.mark = '\ufeff' if encoding == 'utf-8-sig' else ''
        self.text = data.decode(encoding)
        self.is_utf8 = encoding.startswith('utf-8')
        # Lines as Python's tokenizer splits them; str.splitlines() knows more line ends.
        ends = [match.end() for match in re.finditer('\r\n|\r|\n', self.text)]
        self.starts = [0] + ends + [len(self.text)]
        self.newline = '\r\n' if '\r\n' in self.text else '\n'
        self.parents: Dict[ast.AST, ast.AST] = {}
        self.nodes: List[Any] = []
        self.look_through()
        self.bindings: Dict[Tuple[ast.AST, str], List[Tuple[str, Any]]] = {}
        # The names that a function declares global.
        self.globals: Set[Tuple[ast.AST, str]] = set()
        self.functions: Dict[str, Any] = {}
        for node in self.nodes:
            self.bind(node)
        self.senders = self.callers_of(SENDS)
        self.readers = self.callers_of(RECEIVES)

    def look_through(self) -> None:
        """List all nodes that rules may look at, in the order of the source."""
        waiting: List[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            # Before CPython 3.12 the parts of an f-string have wrong places.
            if isinstance(node, ast.JoinedStr) or is_argument_parser(node):
                continue
            if hasattr(node, 'lineno'):
                self.nodes.append(node)
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
                waiting.append(child)
        self.nodes.sort(key=lambda node: (node.lineno, node.col_offset))

    # Places.

    def offset(self, line: int, column: int) -> int:
        """The place in the text of a byte of a line, counted in UTF-8."""
        start = self.starts[line - 1]
        text = self.text[start:self.starts[line]]
        return start + (column if text.isascii() else
                        len(text.encode('utf-8', 'surrogatepass')[:column].decode('utf-8')))

    def span(self, node: Any) -> Tuple[int, int]:
        return (self.offset(node.lineno, node.col_offset),
                self.offset(node.end_lineno, node.end_col_offset))

    def source(self, node: Any) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def atom(self, node: Any) -> str:
        """The source of a node, so that it can stand before an operator or a dot."""
        source = self.source(node)
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        is_atom = isinstance(node, (ast.Name, ast.Call, ast.Attribute, ast.Subscript)) \
            or is_text and ' ' not in source and '\n' not in source
        return source if is_atom else f'({source})'

    def put(self, node: Any, text: str) -> List[Edit]:
        return [self.span(node) + (text,)]

    def gap(self, left: Any, right: Any) -> Tuple[int, str]:
        """The text between two nodes, and where it begins."""
        start, end = self.span(left)[1], self.span(right)[0]
        return start, self.text[start:end]

    def statement(self, node: Any) -> Any:
        while not isinstance(node, (ast.stmt, ast.excepthandler)) and node in self.parents:
            node = self.parents[node]
        return node

    def function(self, node: Any) -> Function:
        """The innermost function that a node is in, or the module."""
        node = self.parents.get(node, self.tree)
        while not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)):
            node = self.parents[node]
        return node

    def loop(self, node: Any) -> Any:
        """The innermost loop around a node in its function, or None."""
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, (ast.While, ast.For)):
                return node
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                break
        return None

    def calls(self, *names: str, inside: Optional[ast.AST] = None) -> Iterator[Any]:
        """The calls of functions or methods with one of these names."""
        for node in self.nodes if inside is None else ast.walk(inside):
            if isinstance(node, ast.Call) and name_of(node) in names and node in self.parents:
                yield node

    def lists(self) -> Iterator[List[Any]]:
        """Each list of neighbouring statements."""
        for node in [self.tree, *self.parents]:
            for field in ('body', 'orelse', 'finalbody'):
                statements = getattr(node, field, None)
                if isinstance(statements, list):
                    yield statements

    def argument(self, call: ast.Call, name: str, index: Optional[int] = None) -> Any:
        """The argument of a call with this name or position."""
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
        if index is not None and len(call.args) > index:
            return call.args[index]
        return None

    def with_argument(self, call: ast.Call, name: str, text: str,
                      index: Optional[int] = None) -> List[Edit]:
        """Give an argument of a call another value, or add it by its name."""
        known = self.argument(call, name, index)
        if known is not None:
            return self.put(known, text)
        end = self.span(call)[1] - 1
        given = list(call.args) + [keyword.value for keyword in call.keywords]
        last = max((self.span(value)[1] for value in given), default=end)
        rest = re.sub('#[^\r\n]*', '', self.text[last:end]).rstrip()
        comma = ', ' if given and not rest.endswith(',') else ''
        return [(end, end, comma + name + '=' + text)]

    # What is certain about values.

    def bind(self, node: Any) -> None:
        """Record which names a node gives which values."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.functions[node.name] = node
        elif isinstance(node, ast.arg):
            scope = self.parents[self.parents[node]]
            self.bindings.setdefault((scope, node.arg), []).append(('given', node))
        elif isinstance(node, ast.Global):
            self.globals.update((self.function(node), name) for name in node.names)
        elif isinstance(node, ast.AugAssign):
            self.bind_target(node.target, 'changed by', node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self.bind_target(target, 'is', node.value)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            self.bind_target(node.target, 'is', node.value)
        elif isinstance(node, ast.For):
            self.bind_target(node.target, 'of', node.iter)
        elif isinstance(node, ast.With):
            for item in node.items:
                if item.optional_vars is not None:
                    self.bind_target(item.optional_vars, 'is', item.context_expr)

    def bind_target(self, target: Any, how: str, value: Any) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            is_pairwise = isinstance(value, (ast.Tuple, ast.List)) and how == 'is' \
                and len(value.elts) == len(target.elts)
            for number, part in enumerate(target.elts):
                if is_pairwise:
                    self.bind_target(part, 'is', value.elts[number])
                else:
                    self.bind_target(part, f'part {number}', value)
        elif isinstance(target, (ast.Name, ast.Attribute)):
            name = self.source(target)
            scope = self.function(target)
            if isinstance(target, ast.Attribute) or (scope, name) in self.globals:
                scope = self.tree
            self.bindings.setdefault((scope, name), []).append((how, value))

    def bound(self, node: Any) -> List[Tuple[str, Any]]:
        """The possible values of a name or attribute."""
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return []
        name = self.source(node)
        return self.bindings.get((self.function(node), name)) \
            or self.bindings.get((self.tree, name), [])

    def value(self, node: Any) -> Any:
        """The one expression that a name stands for, or the expression itself."""
        known = self.bound(node)
        return known[0][1] if len(known) == 1 and known[0][0] == 'is' else node

    def kind(self, node: Any, depth: int = DEPTH_MAX) -> str:
        """'bytes', 'str', 'int' or 'bool' if the value is certainly one; else ''."""
        if depth == 0:
            return ''
        if isinstance(node, ast.Constant):
            return type(node.value).__name__
        if isinstance(node, ast.JoinedStr):
            return 'str'
        if isinstance(node, ast.Call):
            return self.kind_of_call(node, depth - 1)
        if isinstance(node, ast.BinOp):
            left = self.kind(node.left, depth - 1)
            if isinstance(node.op, ast.Mod) and left in ('str', 'bytes'):
                return left
            right = self.kind(node.right, depth - 1)
            if left == right or isinstance(node.op, ast.Mult):
                return left
            is_text = isinstance(node.op, ast.Add) and 'int' not in (left, right)
            return left or right if is_text else ''
        if isinstance(node, ast.Subscript):
            return self.kind(node.value, depth - 1) if isinstance(node.slice, ast.Slice) else ''
        if isinstance(node, ast.IfExp):
            kinds = {self.kind(it, depth - 1) for it in (node.body, node.orelse)}
            return kinds.pop() if len(kinds) == 1 else ''
        if isinstance(node, ast.Attribute) and node.attr == 'st_size':
            return 'int'
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self.kind_of_name(node, depth - 1)
        return ''

    def kind_of_call(self, call: ast.Call, depth: int) -> str:
        name = name_of(call)
        if isinstance(call.func, ast.Attribute):
            if name in KEEPING:
                return self.kind(call.func.value, depth)
            if name in ('read', 'readline'):
                return 'bytes' if self.is_binary_file(call.func.value) else ''
        own = self.functions.get(name) if isinstance(call.func, ast.Name) else None
        if own is None:
            return KIND_OF_CALL.get(name, '')
        returned = {self.kind(node.value, depth) for node in ast.walk(own)
                    if isinstance(node, ast.Return) and node.value is not None
                    and not (isinstance(node.value, ast.Constant) and node.value.value is None)}
        return returned.pop() if len(returned) == 1 else ''

    def kind_of_name(self, node: Any, depth: int) -> str:
        kinds = set()
        for how, value in self.bound(node):
            if how in ('given', 'changed by'):
                continue
            if how == 'is':
                kinds.add(self.kind(value, depth))
            elif how == 'of':
                is_text = self.source(value) == 'sys.stdin'
                kinds.add('bytes' if self.is_binary_file(value) else 'str' if is_text else '')
            else:
                name = name_of(value)
                if name == 'recvfrom':
                    kinds.add('bytes' if how == 'part 0' else '')
                elif name in ('partition', 'rpartition') and isinstance(value, ast.Call):
                    kinds.add(self.kind(getattr(value.func, 'value', None), depth))
                else:
                    kinds.add('')
        if not kinds and isinstance(node, ast.Name):
            # The given name is that of a method of it.
            for call in self.calls('encode', 'decode', inside=self.function(node)):
                if self.is_same(getattr(call.func, 'value', None), node):
                    kinds.add('str' if name_of(call) == 'encode' else 'bytes')
        return kinds.pop() if len(kinds) == 1 else ''

    def is_same(self, one: Any, other: Any) -> bool:
        return hasattr(one, 'lineno') and self.source(one) == self.source(other)

    def is_binary_file(self, node: Any) -> bool:
        """Whether it is a file, or a stream of a socket, opened for bytes."""
        source = self.source(node) if hasattr(node, 'lineno') else ''
        if source.endswith(('rfile', 'stdin.buffer')):
            return True
        known = [value for how, value in self.bound(node) if how == 'is']
        return bool(known) and all(name_of(it) in ('open', 'makefile') and 'b' in self.mode(it)
                                   for it in known)

    def mode(self, call: Any) -> str:
        """The mode of an open() or makefile()."""
        mode = self.argument(call, 'mode', 1 if name_of(call) == 'open' else 0)
        known = isinstance(mode, ast.Constant) and isinstance(mode.value, str)
        return mode.value if known else 'r' if mode is None else ''

    def is_ascii(self, node: Any, depth: int = DEPTH_MAX) -> bool:
        """Whether it is certainly text with the same bytes in all encodings."""
        node = self.value(node)
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str) and node.value.isascii()
        if isinstance(node, ast.Call) and depth > 0:
            if name_of(node) == 'dumps' and 'json' in self.source(node.func):
                escapes = self.argument(node, 'ensure_ascii')
                return all(it.arg not in (None, 'cls') for it in node.keywords) and \
                    (escapes is None or isinstance(escapes, ast.Constant) and escapes.value is True)
            if name_of(node) == 'str' and len(node.args) == 1:
                return self.kind(node.args[0]) in ('int', 'bool')
            return name_of(node) == 'hexdigest'
        return False

    def callers_of(self, names: Tuple[str, ...]) -> Set[str]:
        """The program's functions that call one of these, directly or through its others."""
        found: Set[str] = set()
        while True:
            more = {name for name, node in self.functions.items() if name not in found
                    and any(True for _ in self.calls(*names, *found, inside=node))}
            if not more:
                return found
            found |= more

    def is_send(self, statement: Any) -> bool:
        """Whether a statement only sends something."""
        call = getattr(statement, 'value', None)
        if not isinstance(statement, ast.Expr) or not isinstance(call, ast.Call):
            return False
        name = name_of(call)
        return name in SENDS and isinstance(call.func, ast.Attribute) \
            or name in self.senders and name not in self.readers \
            or self.source(call.func).endswith('wfile.write')


def name_of(node: Any) -> str:
    """The last name of the called function or method."""
    function = getattr(node, 'func', None)
    return str(getattr(function, 'attr', getattr(function, 'id', '')))


def leaves(statement: Any) -> bool:
    """Whether no later statement of the same list is executed."""
    if isinstance(statement, ast.Expr):
        return name_of(statement.value) in EXITS
    return isinstance(statement, (ast.Raise, ast.Return, ast.Break, ast.Continue))


def is_argument_parser(node: Any) -> bool:
    """Whether this is about the program's own command line."""
    return isinstance(node, ast.Call) and name_of(node) in (
        'ArgumentParser', 'add_argument', 'parse_args', 'add_parser', 'add_subparsers')


def names(nodes: Any, context: type) -> Set[str]:
    """The names that these nodes load, or store, anywhere."""
    found = set()
    for node in nodes if isinstance(nodes, list) else [nodes]:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, context):
                found.add(inner.id)
    return found
