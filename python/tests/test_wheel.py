"""The wheel as a user has it: installed in the environment that runs these tests.

`python/tests/run WHEEL` makes such environments.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import framecheck_conformance
import pytest
from framecheck_conformance.events import Room

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "upload"
# Four cases of each pairing: what the plugin makes of a case doesn't depend on the network.
FEW = "--cases 0 --network asis --input small-file --input one-byte --input empty-file --input no-*"
MANIFEST = """
name = "acme"
language = "Python"
[client]
upload = ["{python}", "client.py", "{{host}}", "{{port}}"]
"""


@pytest.fixture
def project(tmp_path):
    """The example's protocol, and a port of its client that is right."""
    for name in ("upload.toml", "server.py", "client.py"):
        shutil.copy(str(EXAMPLE / name), str(tmp_path))
    (tmp_path / "acme").mkdir()
    shutil.copy(str(EXAMPLE / "client.py"), str(tmp_path / "acme"))
    (tmp_path / "acme" / "acme.toml").write_text(MANIFEST.format(python=sys.executable))
    return tmp_path


@pytest.fixture
def red_project(project):
    """The port writes its header in the other byte order."""
    port = project / "acme" / "client.py"
    port.write_text(port.read_text().replace('pack("i"', 'pack(">i"'))
    return project


def run(project, *arguments, **settings):
    """pytest in the project, in this environment: its exit status and what it printed."""
    options = ["--framecheck", "upload.toml", "--framecheck-peer", "acme/acme.toml"]
    options = list(settings.get("options", options)) + [
        "--framecheck-args",
        settings.get("few", FEW),
    ]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, *arguments]
    done = subprocess.run(
        command, cwd=str(project), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300
    )
    return done.returncode, done.stdout.decode()


def count(text, outcome):
    """How many tests came out so, by the last line."""
    found = re.search(r"(\d+) " + outcome, text.strip().splitlines()[-1])
    return int(found.group(1)) if found else 0


def test_the_three_programs_are_beside_python_and_say_their_version():
    for name in ("framecheck", "frame-server", "frame-client"):
        program = framecheck_conformance.find_program(name)
        assert os.path.dirname(program) == os.path.dirname(sys.executable)
        said = subprocess.run([program, "--version"], stdout=subprocess.PIPE, check=True).stdout
        assert said.decode().startswith(name + " "), said


def test_framecheck_plays_an_example_of_the_tutorials_with_frame_server_and_frame_client(tmp_path):
    command = [
        framecheck_conformance.find_program(),
        "run",
        "--scenario",
        "tcp-hello",
        "--cases",
        "1",
    ]
    command += ["--network", "asis", "--transport", "tcp4", "--python", sys.executable]
    done = subprocess.run(command, cwd=str(tmp_path), stdout=subprocess.PIPE, timeout=300)
    said = done.stdout.decode()
    assert done.returncode == 0, said
    assert "peers python (Python), rust (Rust)" in said and "missing" not in said


def test_every_case_of_a_port_that_is_right_passes_by_its_id(project):
    status, said = run(project, "-v")
    assert status == 0, said
    assert count(said, "passed") == 8, said
    assert (
        len(re.findall(r"framecheck::upload/python->acme/tcp4/asis/[0-9a-f]{8} PASSED", said)) == 4
    )


def test_a_case_that_fails_shows_the_explanation_and_the_line_that_plays_it_again(red_project):
    status, said = run(red_project)
    assert status == 1, said
    assert (count(said, "failed"), count(said, "passed")) == (3, 5), said
    assert "[UP-1]" in said and "acme" in said
    line = re.search(r"replay: framecheck (replay .*)", said).group(1)
    again = subprocess.run(
        [framecheck_conformance.find_program(), *line.replace("'", "").split()],
        cwd=str(red_project),
        stdout=subprocess.PIPE,
        timeout=300,
    )
    assert again.returncode == 1 and b"[UP-1]" in again.stdout


def test_collect_only_names_each_case_and_plays_none(red_project):
    status, said = run(red_project, "--collect-only", "-q")
    assert status == 0, said
    assert said.count("framecheck::upload/") == 8
    assert not (red_project / ".framecheck" / "pytest").exists()


def test_k_plays_the_chosen_cases_alone(red_project):
    status, said = run(red_project, "-k", "one-byte and acme")
    assert status == 1 and count(said, "failed") == 1 and count(said, "deselected") == 7, said
    report = (red_project / ".framecheck" / "pytest" / "report.json").read_text()
    assert report.count('"id": "upload/') == 1


def test_x_ends_at_the_first_failure_and_leaves_no_process(red_project):
    status, said = run(red_project, "-x")
    assert status == 1 and count(said, "failed") == 1, said
    left = subprocess.run(["ps", "-eo", "args"], stdout=subprocess.PIPE, check=True).stdout.decode()
    assert str(red_project) not in left


def test_a_framecheck_that_ends_just_before_its_signal_is_no_error(tmp_path):
    class Gone:
        """Its end has been seen by another thread, which has not told yet."""

        def poll(self):
            return None

        def send_signal(self, number):
            raise ProcessLookupError

    room = Room(str(tmp_path), [], str(tmp_path))
    room._process = Gone()
    room._waiter = threading.Thread(target=int)
    room._waiter.start()
    room.finish(wait_for_others=False)
    assert not room._waiter.is_alive()


def test_the_ini_file_names_protocols_and_peers(project):
    (project / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\n"
        'framecheck = ["upload.toml"]\nframecheck_peer = ["acme/acme.toml"]\n'
    )
    status, said = run(project, options=[])
    assert status == 0 and count(said, "passed") == 8, said


def test_a_mistake_in_a_file_is_an_error_in_the_words_of_framecheck(project):
    (project / "upload.toml").write_text('name = "upload"\nsumary = "x"\n')
    status, said = run(project)
    assert status != 0 and count(said, "error") == 1 and "sumary" in said, said
    status, said = run(project, options=["--framecheck", "none.toml"])
    assert status != 0 and count(said, "error") == 1 and "none.toml" in said, said


def test_a_mistake_in_a_file_is_an_error_in_a_worker_of_xdist(project):
    pytest.importorskip("xdist")
    (project / "upload.toml").write_text('name = "upload"\nsumary = "x"\n')
    status, said = run(project, "-n", "2")
    assert status != 0 and "sumary" in said and "INTERNALERROR" not in said, said


def test_a_case_that_cannot_be_played_is_an_error_and_no_failure(project):
    port = project / "server.py"
    port.write_text("import os, sys\nsys.exit(3)\n")
    status, said = run(project)
    assert status != 0 and count(said, "error") > 0 and count(said, "passed") == 0, said


def test_an_expected_failure_is_an_xfail_and_one_that_never_happens_fails_the_run(red_project):
    known = red_project / "upload.toml"
    known.write_text(
        known.read_text() + '\n[[expected]]\nid = "upload/python->acme/*"\nreason = "old"\n'
        'symptom = "[UP-1] upload.length"\n'
    )
    status, said = run(red_project, "-k", "acme and one-byte", "-rx")
    assert status == 0 and count(said, "xfailed") == 1, said
    expected = red_project / "expected.toml"
    expected.write_text(
        '[[expected]]\nid = "upload/none->none/*"\nreason = "x"\nsymptom = "to-server"\n'
    )
    status, said = run(
        red_project, few=FEW + " --pairing 'python->python' --expected expected.toml"
    )
    assert status == 1 and "upload/none->none" in said, said


def test_workers_of_xdist_share_one_run(red_project):
    pytest.importorskip("xdist")
    status, said = run(red_project, "-n", "3", "-v")
    assert status == 1, said
    assert (count(said, "failed"), count(said, "passed")) == (3, 5), said
    report = (red_project / ".framecheck" / "pytest" / "report.json").read_text()
    assert report.count('"id": "upload/') == 8
