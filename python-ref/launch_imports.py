"""Import the modules of a program before its process is forked, unless that would show.

This imports only modules of the standard library, and only those whose import has no visible
effect.
"""
import ast
import contextlib
import importlib
import importlib.util
import os
import sys
import warnings
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    BuiltinImporter,
    ExtensionFileLoader,
    FileFinder,
    FrozenImporter,
    SourceFileLoader,
    SourcelessFileLoader,
)
from typing import AbstractSet, Iterator, List, Optional, Set, Tuple

# The most names of modules that this checks for one program.
NAMES_MAX = 1000

# Modules whose import a program could see, in some CPython from 3.8 to 3.13.
BLOCKED = frozenset([
    # They print, open a window or a browser, or change how input() reads.
    'antigravity', 'idlelib', 'this', 'tkinter', 'turtle', 'turtledemo',
    '_pyrepl', 'code', 'doctest', 'pdb', 'readline', 'rlcompleter',
    # They keep the working directory, the arguments or the standard streams of the import.
    'cgitb', 'concurrent.futures.process', 'dummy_threading', 'multiprocessing', 'smtpd',
    # They come with code of others, or are not part of a program.
    'distutils', 'ensurepip', 'lib2to3', 'test',
    # They warn that they are deprecated.
    'aifc', 'asynchat', 'asyncore', 'audioop', 'binhex', 'cgi', 'chunk', 'crypt', 'formatter',
    'imghdr', 'imp', 'mailcap', 'msilib', 'nis', 'nntplib', 'ossaudiodev', 'pipes', 'sndhdr',
    'spwd', 'sre_compile', 'sre_constants', 'sre_parse', 'sunau', 'symbol', 'telnetlib', 'uu',
    'xdrlib',
])


def warm(program: str, source: bytes) -> None:
    """Import the standard modules that a program names, or a local module that it imports.

    Errors here are ignored; the program itself will report them.
    """
    directory = os.path.dirname(os.path.realpath(program))
    # Sources that are not checked yet, each with its package.
    sources: List[Tuple[str, bytes]] = [('', source)]
    seen: Set[str] = set()
    while sources:
        for name in imported(*sources.pop()):
            if name in seen or len(seen) >= NAMES_MAX:
                continue
            seen.add(name)
            local = local_source(directory, name)
            if local is not None:
                sources.append(local)
            elif is_warmed(directory, name):
                with contextlib.suppress(Exception, SystemExit):
                    importlib.import_module(name)


def imported(package: str, source: bytes) -> Iterator[str]:
    """The names of the modules that a source of a package may import, outermost first."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            nodes: List[ast.AST] = [ast.parse(source)]
    except Exception:
        return
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from prefixes(alias.name)
        elif isinstance(node, ast.ImportFrom):
            # A name imported from a module may itself be a module.
            base = absolute(package, node.level, node.module or '')
            for alias in node.names:
                yield from prefixes(base + '.' + alias.name if base else alias.name)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.expr)):
            nodes.extend(ast.iter_child_nodes(node))


def absolute(package: str, level: int, module: str) -> str:
    """The full name of the module in `from ...module import`, inside a package."""
    if level == 0:
        return module
    parts = package.split('.') if package else []
    parts = parts[:len(parts) - (level - 1)]
    return '.'.join(parts + ([module] if module else []))


def prefixes(name: str) -> Iterator[str]:
    """`a`, `a.b` and `a.b.c` for `a.b.c`."""
    parts = name.split('.')
    for count in range(1, len(parts) + 1):
        yield '.'.join(parts[:count])


def local_source(directory: str, name: str) -> Optional[Tuple[str, bytes]]:
    """The package and the source of a module beside the program, if there is one of this name."""
    path = os.path.join(directory, *name.split('.'))
    for file, package in ((os.path.join(path, '__init__.py'), name),
                          (path + '.py', name.rpartition('.')[0])):
        with contextlib.suppress(OSError, ValueError), open(file, 'rb') as source:
            return package, source.read()
    return None


def is_warmed(directory: str, name: str) -> bool:
    """Whether this is a module of the standard library whose import has no visible effect."""
    if name in sys.modules or not BLOCKED.isdisjoint(prefixes(name)) or name.endswith('__main__'):
        return False
    top = name.partition('.')[0]
    return is_standard(top) and (top == name or top in sys.modules) and not has(directory, top)


def is_standard(name: str) -> bool:
    """Whether a top-level module belongs to the standard library."""
    known = getattr(sys, 'stdlib_module_names', None)
    if known is not None:
        return name in known
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        return False
    if spec is None or spec.origin is None:
        return False
    home = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
    origin = os.path.realpath(spec.origin)
    is_others = 'site-packages' in origin or 'dist-packages' in origin
    return spec.origin in ('built-in', 'frozen') or origin.startswith(home) and not is_others


def is_shadowed(directory: str, fresh: AbstractSet[str]) -> bool:
    """Whether a fresh interpreter would find an already imported module in this directory instead.

    `fresh` are the modules that it has before it looks there.
    """
    try:
        names = {entry.partition('.')[0] for entry in os.listdir(directory)}
    except OSError:
        return False
    return any(has(directory, name) for name in (names & sys.modules.keys()) - fresh)


def has(directory: str, name: str) -> bool:
    """Whether an import finds this module in a directory that is first on sys.path."""
    if BuiltinImporter.find_spec(name) is not None or FrozenImporter.find_spec(name) is not None:
        return False
    finder = FileFinder(directory, (ExtensionFileLoader, EXTENSION_SUFFIXES),
                        (SourceFileLoader, SOURCE_SUFFIXES),
                        (SourcelessFileLoader, BYTECODE_SUFFIXES))
    spec = finder.find_spec(name)
    # A directory without __init__.py comes after all others.
    return spec is not None and spec.loader is not None
