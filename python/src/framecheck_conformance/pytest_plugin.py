"""pytest plugin: each case of a framecheck run is a test.

    pytest --framecheck upload.toml --framecheck-peer acme.toml

docs/pytest.md describes the options, and which verdict becomes which outcome.
"""

import os
import shlex
import shutil
import tempfile
from typing import Any, Iterator, List, Tuple

import pytest

from . import find_program
from .events import Event, FramecheckError, Room

# The name of the collector, which is the first part of each node id.
NAME = "framecheck"
# Where the reports go, beside pytest's ini file or in the working directory.
OUT = os.path.join(".framecheck", "pytest")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("framecheck", "framecheck: conformance of socket protocols")
    files = (
        ("--framecheck", "framecheck", "Play the protocol that FILE describes"),
        ("--framecheck-peer", "framecheck_peer", "Play the programs of this manifest, too"),
    )
    for option, name, text in files:
        group.addoption(
            option, dest=name, metavar="FILE", action="append", help=text + "; may be repeated"
        )
        parser.addini(name, text + ", and all others of this list", type="paths")
    group.addoption(
        "--framecheck-args",
        metavar="ARGS",
        action="append",
        help="Further arguments of `framecheck run`, as a shell takes them: '--quick --cases 4'",
    )
    parser.addini("framecheck_args", "Further arguments of `framecheck run`", type="args")
    group.addoption(
        "--framecheck-out",
        metavar="DIR",
        help=f"Where the reports are written; the default is {OUT} beside the ini file",
    )
    group.addoption(
        "--framecheck-program",
        metavar="EXE",
        help="The framecheck that plays; the one of this environment or on the PATH unless told",
    )


class Session:
    """The plugin's state in one process of a pytest session."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.worker = getattr(config, "workerinput", None)
        self.ids: List[str] = []
        self.everything = True
        self.is_shared = self.worker is not None
        path = (
            self.worker["framecheck_room"]
            if self.worker
            else tempfile.mkdtemp(prefix="framecheck-")
        )
        self.room = Room(path, self._command(), str(config.invocation_params.dir))

    def _paths(self, name: str) -> List[str]:
        """The files of an option as typed, or those of the ini file."""
        given = self.config.getoption(name)
        return list(given) if given else [str(path) for path in self.config.getini(name)]

    def _command(self) -> List[str]:
        program = self.config.getoption("framecheck_program") or find_program()
        if program is None:
            raise pytest.UsageError(
                "there is no framecheck in this environment or on the PATH: "
                "name one with --framecheck-program"
            )
        out = self.out()
        command = [program, "run", *self._paths("framecheck"), "--out", out]
        for manifest in self._paths("framecheck_peer"):
            command += ["--peer", manifest]
        given = self.config.getoption("framecheck_args") or []
        words = [word for one in given for word in shlex.split(one)]
        return command + (words or list(self.config.getini("framecheck_args")))

    def out(self) -> str:
        """The directory of the reports."""
        given = self.config.getoption("framecheck_out")
        ini = self.config.inipath
        # Without an ini file, the root directory depends on the named files.
        top = ini.parent if ini else self.config.invocation_params.dir
        return given or os.path.join(str(top), OUT)

    def result(self, case: str) -> Event:
        """The event of a case; the first call of the session starts framecheck."""
        self.room.start(self.ids, self.everything)
        return self.room.result(case)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: List[pytest.Item]
    ) -> None:
        collector = Cases.from_parent(session, name=NAME, nodeid=NAME, plays=self)
        report = collector.ihook.pytest_make_collect_report(collector=collector)
        # As pytest does: a worker of pytest-xdist can't send it.
        report.__dict__.pop("call", None)
        collector.ihook.pytest_collectreport(report=report)
        if report.passed:
            items.extend(report.result)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        # The cases that -k and similar options have selected.
        cases = [item.name for item in session.items if isinstance(item, Case)]
        self.everything = len(cases) == len(self.ids)
        self.ids = cases

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """pytest-xdist is about to start a worker."""
        self.is_shared = True
        node.workerinput["framecheck_room"] = self.room.path

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.worker is None and self.is_shared:
            self.room.tell_to_stop()
        stops = bool(session.shouldstop or session.shouldfail)
        self.room.finish(wait_for_others=self.worker is not None and not stops)
        if self.worker is None and self.room.complaints() and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for complaint in self.room.complaints():
            terminalreporter.write_line("framecheck: FAIL: " + complaint, red=True)
        page = os.path.join(self.out(), "index.html")
        if self.room.was_played() and os.path.exists(page):
            terminalreporter.write_line("framecheck: the report is " + page)

    def pytest_unconfigure(self) -> None:
        if self.worker is None:
            shutil.rmtree(self.room.path, ignore_errors=True)


class Cases(pytest.Collector):
    """All cases of the run."""

    def __init__(self, plays: Session, **rest: Any) -> None:
        super().__init__(**rest)
        self.plays = plays

    def collect(self) -> Iterator["Case"]:
        try:
            listed = self.plays.room.cases()
        except FramecheckError as error:
            raise self.CollectError(str(error)) from None
        self.plays.ids = [one["id"] for one in listed]
        return [Case.from_parent(self, name=one["id"], input_name=one["input"]) for one in listed]


class Case(pytest.Item):
    """A case of the run. Its name is its id; `-k` takes the name of its input, too."""

    def __init__(self, input_name: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.extra_keyword_matches.add(input_name)
        self.event: Event = {}

    def setup(self) -> None:
        """Waits for the verdict. A missing verdict is an error, not a failure."""
        try:
            self.event = self.parent.plays.result(self.name)
        except FramecheckError as error:
            pytest.fail(str(error), pytrace=False)
        self.user_properties.append(("framecheck_verdict", self.event["verdict"]))
        if self.event["verdict"] == "harness-error":
            pytest.fail(self.explanation(), pytrace=False)

    def explanation(self) -> str:
        """The text of `framecheck run` about this case, or else the differences."""
        differences = [one.get("what", "") for one in self.event.get("differences", [])]
        return self.event.get("explanation") or "\n".join(differences) or self.event["verdict"]

    def runtest(self) -> None:
        verdict = self.event["verdict"]
        if verdict == "expected-fail":
            pytest.xfail(self.explanation())
        if verdict == "not-applicable":
            pytest.skip(self.explanation())
        if verdict == "erratum":
            self.user_properties.append(
                ("framecheck_errata", ", ".join(self.event.get("errata", [])))
            )
        elif verdict != "pass":
            pytest.fail(self.explanation(), pytrace=False)

    def reportinfo(self) -> Tuple[str, None, str]:
        return NAME, None, self.name


def pytest_configure(config: pytest.Config) -> None:
    names = ("framecheck", "framecheck_peer")
    if any(config.getoption(name) or config.getini(name) for name in names):
        config.pluginmanager.register(Session(config), "framecheck-session")
