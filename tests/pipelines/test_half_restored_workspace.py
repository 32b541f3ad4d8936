"""What commands say in a workspace whose restore was cut off, of which nobody knows which half lies there."""

import subprocess
import sys
from pathlib import Path

import pytest

from medimage.workspace import RESTORING_FILE
from tests.support.commands import environment


@pytest.mark.parametrize(
    "command",
    [
        ("pipelines.registry", "list"),
        ("pipelines.registry", "rollback", "brain"),
        ("pipelines.schedules", "list"),
        ("medimage.inference.command", "image.png"),
    ],
)
def test_it_is_told_before_anything_is_looked_up_or_changed(tmp_path: Path, command: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / RESTORING_FILE).touch()
    (tmp_path / "image.png").touch()
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tmp_path,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "medimage restore FILE --force again" in ended.stderr
    assert [path.name for path in home.iterdir() if path.is_file()] == [RESTORING_FILE]
