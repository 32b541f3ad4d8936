"""One run for all files of this folder, which `tests.support.scheduling` therefore gives to one process."""

from pathlib import Path

import pytest

from tests.support.commands import OPEN_GATE, TINY, Finished, train


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def first(home: Path) -> Finished:
    finished = train(home, *TINY, *OPEN_GATE)
    assert finished.exit_code == 0, finished.errors[-3000:]
    return finished
