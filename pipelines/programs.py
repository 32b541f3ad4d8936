"""Programs of this environment, called from the current folder."""

import shlex
import sys
from pathlib import Path


def program(name: str) -> Path | str:
    """Returns the program of this environment, or its bare name where it lies elsewhere on the path."""
    found = Path(sys.executable).with_name(name)
    return found if found.exists() else name


def quoted(path: Path | str) -> str:
    """Returns a path for a command line: relative to the current folder where it is below it."""
    if isinstance(path, Path) and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return shlex.quote(str(path))
