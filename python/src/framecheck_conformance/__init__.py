"""framecheck for Python projects: its programs, and a pytest plugin.

The wheel puts `framecheck`, `frame-server` and `frame-client` beside `python`. The plugin is in
`framecheck_conformance.pytest_plugin`; pytest loads it by itself.
"""

import os
import shutil
import sysconfig
from typing import Optional


def find_program(name: str = "framecheck") -> Optional[str]:
    """The path of a program: the one of this Python's environment, else the first on the PATH.

    None if there is none.
    """
    beside = shutil.which(name, path=sysconfig.get_path("scripts"))
    return beside or shutil.which(name, path=os.environ.get("PATH"))
