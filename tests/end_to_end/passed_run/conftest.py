"""One run for all files of this folder, which `tests.support.scheduling` therefore gives to one process."""

from pathlib import Path

import pytest

from tests.support.commands import OPEN_GATE, TINY, Finished, train
from tests.support.passed_run import OTHER_STAGE_2


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def first(home: Path) -> Finished:
    finished = train(home, *TINY, *OPEN_GATE)
    assert finished.exit_code == 0, finished.errors[-3000:]
    return finished


@pytest.fixture(scope="session")
def again(first: Finished, home: Path) -> Finished:
    """The same run once more."""
    assert first.exit_code == 0
    return train(home, *TINY, *OPEN_GATE)


@pytest.fixture(scope="session")
def changed(again: Finished, home: Path) -> Finished:
    """A run with another second stage, whose model takes the place of the first one."""
    assert again.exit_code == 0
    return train(home, *TINY, *OPEN_GATE, *OTHER_STAGE_2)
