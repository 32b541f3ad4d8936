"""What an ordinary user may and may not read, also where the tests run as root."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NOBODY = 65534


@contextmanager
def without_privileges(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Works in `folder` as a user whom permissions bind. Paths must be relative, because those above may be closed."""
    folder.chmod(0o755)
    monkeypatch.chdir(folder)
    user = os.geteuid()
    if user == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
