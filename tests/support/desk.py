"""A folder in which the documentation's commands run as they stand on the page."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medimage.config.yaml_text import read_yaml, write_yaml
from tests.conftest import PROJECT
from tests.support.commands import OPEN_GATE, TINY, environment

_CODE = ("medimage", "pipelines", "steps", "materializers", "requirements.lock")
_QUICKSTART = Path("configs/quickstart.yaml")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended.

    Attributes:
        code: Exit code.
        output: What it printed, on both streams.
    """

    code: int
    output: str


@dataclass(frozen=True)
class Desk:
    """The folder: `.venv`, the code and the configurations as in a checkout, and a workspace of its own.

    The quickstart is small, and its gate is open, so that what comes after it can be tried in a minute.
    """

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made_in(cls, folder: Path) -> "Desk":
        """Makes it."""
        for name in _CODE:
            (folder / name).symlink_to(PROJECT / name)
        (folder / ".venv").symlink_to(sys.prefix)
        shutil.copytree(PROJECT / "configs", folder / "configs")
        desk = cls(folder)
        desk.change_quickstart(*TINY[2:], *OPEN_GATE)
        return desk

    @property
    def home(self) -> Path:
        """The workspace."""
        return self.folder / ".medimage"

    def change_quickstart(self, *options: str) -> None:
        """Writes settings into the quickstart, given as on a command line."""
        path = self.folder / _QUICKSTART
        values: Any = read_yaml(path.read_text(), origin="quickstart", with_lines=False).values
        for key, value in zip(options[::2], options[1::2], strict=True):
            _put(values, key.removeprefix("--").split("."), read_yaml(value, origin=key, with_lines=False).values)
        path.write_text(write_yaml(values))

    def environment(self) -> dict[str, str]:
        """Returns the environment that commands run in."""
        return {**environment(self.home), "PYTHONPATH": str(PROJECT), "PWD": str(self.folder), **self.variables}

    def run(self, command: str) -> Ended:
        """Runs a command to its end; a variable that it exports stays."""
        exported = re.fullmatch(r"export (\w+)=(\S+)", command)
        if exported:
            self.variables[exported[1]] = exported[2]
        ended = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Ended(code=ended.returncode, output=ended.stdout)

    def start(self, command: str) -> subprocess.Popen[str]:
        """Starts a command that stays; what it prints goes to a file."""
        log = (self.folder / "log").open("w")
        return subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self.environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )


def _put(values: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value
