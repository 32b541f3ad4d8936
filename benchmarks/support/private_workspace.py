"""A workspace of a benchmark's own, so that it finds nothing and leaves nothing."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from medimage.workspace import WORKSPACE_VARIABLE


@contextlib.contextmanager
def private_workspace() -> Iterator[Path]:
    """Makes a new folder the workspace of this process until the block ends."""
    before = os.environ.get(WORKSPACE_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as home:
        os.environ[WORKSPACE_VARIABLE] = home
        try:
            yield Path(home)
        finally:
            if before is None:
                del os.environ[WORKSPACE_VARIABLE]
            else:
                os.environ[WORKSPACE_VARIABLE] = before
