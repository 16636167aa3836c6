"""Puts the programs that cargo has built into the wheel, and names their platform."""

import os
import platform
import re
from pathlib import Path
from typing import Any, Dict

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
PROGRAMS = ("framecheck", "frame-server", "frame-client")


def version() -> str:
    """The version of the workspace."""
    found = re.search(r'^version = "(.*)"', (HERE.parent / "Cargo.toml").read_text(), re.MULTILINE)
    assert found, "the root Cargo.toml has no version"
    return found.group(1)


class Programs(BuildHookInterface):
    """Takes the programs from the directory `FRAMECHECK_BIN`.

    `FRAMECHECK_PLATFORM` is the wheel's platform tag. Unless told, it is this machine's, and PyPI
    refuses such a wheel.
    """

    def initialize(self, version: str, build_data: Dict[str, Any]) -> None:
        given = os.environ.get("FRAMECHECK_BIN")
        if not given:
            raise RuntimeError("the wheel needs built programs: run `make wheel` in the checkout")
        tag = os.environ.get("FRAMECHECK_PLATFORM", "linux_" + platform.machine())
        build_data["tag"] = "py3-none-" + tag
        build_data["pure_python"] = False
        for name in PROGRAMS:
            program = Path(given, name)
            if not program.is_file():
                raise RuntimeError(f"{program} is missing: run `make wheel` in the checkout")
            build_data["shared_scripts"][str(program)] = name
        for licence in ("LICENSE-APACHE", "LICENSE-MIT"):
            build_data["extra_metadata"][str(HERE.parent / licence)] = "licenses/" + licence
